// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Scales, and zooming by wheel, drag, keys and buttons, for the charts drawn with d3.
(function (weir) {
	'use strict';

	const make = weir.make;

	// How values are laid along an axis: by decades when they span more than two, with a place of
	// its own for 0 a decade below the least. place() and value() go to and from a linear measure.
	weir.measure = function (values, unit) {
		const some = values.filter(v => v > 0);
		let least = Infinity, most = 0;
		for (const v of some) {
			least = Math.min(least, v);
			most = Math.max(most, v);
		}
		if (!some.length || most / least <= 100)
			return { log: false, unit: unit, place: v => v, domain: [0, (most || 1) * 1.08] };
		const floor = Math.floor(Math.log10(least)) - 1, zero = some.length < values.length;
		return { log: true, unit: unit, zero: zero ? floor : null,
			place: v => v > 0 ? Math.log10(v) : floor,
			domain: [zero ? floor - 0.3 : floor + 1, Math.ceil(Math.log10(most) + 0.02)] };
	};

	// About n ticks of a measure over the visible part: places and texts.
	weir.ticks = function (measure, from, to, n) {
		if (!measure.log)
			return window.d3.scale.linear().domain([from, to]).ticks(n)
				.map(v => [v, weir.tick(v, measure.unit)]);
		const out = [], step = Math.max(1, Math.ceil((to - from) / n));
		const parts = to - from < 0.7 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : to - from < 2 ? [1, 2, 5] : [1];
		if (measure.zero !== null && measure.zero >= from && measure.zero <= to)
			out.push([measure.zero, '0']);
		const first = measure.zero === null ? Math.floor(from) : Math.max(Math.floor(from), measure.zero + 1);
		const origin = measure.zero === null ? 0 : measure.zero + 1;
		for (let u = first; u <= to; u++)
			for (const part of parts) {
				const at = u + Math.log10(part);
				if ((u - origin) % step === 0 && at >= from && at <= to)
					out.push([at, weir.tick(Math.pow(10, u) * part, measure.unit)]);
			}
		return out;
	};

	// Buttons at a chart's upper right.
	weir.tools = function (box, actions) {
		const tools = make('div', { class: 'tools' });
		for (const name in actions) {
			const button = make('button', { type: 'button', title: actions[name][1],
				'aria-label': actions[name][1] }, name);
			button.addEventListener('click', actions[name][0]);
			tools.append(button);
		}
		box.prepend(tools);
	};

	// Zoom node by d3's behaviour. The wheel is the page's until the chart was clicked.
	weir.zoomable = function (node, box, zoom, draw) {
		const selection = window.d3.select(node).call(zoom), wheel = selection.on('wheel.zoom');
		node.setAttribute('tabindex', '0');
		selection.on('dblclick.zoom', null).on('wheel.zoom', function () {
			if (document.activeElement === node)
				wheel.apply(this, arguments);
		});
		node.addEventListener('mousedown', () => node.focus({ preventScroll: true }));

		function by(factor) {
			const centre = [node.clientWidth / 2, node.clientHeight / 2], at = zoom.translate();
			const limits = zoom.scaleExtent(), scale = zoom.scale();
			const to = Math.max(limits[0], Math.min(limits[1], scale * factor));
			zoom.scale(to).translate(at.map((t, i) => centre[i] + (t - centre[i]) * to / scale));
			draw();
		}

		function reset() {
			zoom.scale(1).translate([0, 0]);
			draw();
		}

		function move(x, y) {
			const at = zoom.translate();
			zoom.translate([at[0] + x, at[1] + y]);
			draw();
		}

		const keys = { '+': () => by(1.5), '-': () => by(1 / 1.5), '0': reset,
			ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0),
			ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40) };
		node.addEventListener('keydown', function (event) {
			if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
				keys[event.key]();
				event.preventDefault();
			}
		});
		node.addEventListener('dblclick', reset);
		weir.tools(box, { '+': [() => by(1.5), 'Zoom in'], '\u2212': [() => by(1 / 1.5), 'Zoom out'],
			'Reset': [reset, 'Show all'] });
	};

	weir.hint = function (id, text) {
		document.querySelector('#' + id + ' .hint').textContent = text;
	};

	// A canvas as sharp as the screen; the context is scaled to CSS pixels.
	weir.sharpen = function (canvas, width, height) {
		const ratio = window.devicePixelRatio || 1;
		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
		canvas.style.height = height + 'px';
		const context = canvas.getContext('2d');
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		return context;
	};
})(window.weir);
