// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Flows as points: bytes/s against packets/s, coloured by anomaly score. Drawn on a canvas, since
// there may be 20,000; the most unusual last, on top.
(function (weir) {
	'use strict';

	const data = weir.data, make = weir.make;
	const margin = { left: 84, right: 30, top: 8, bottom: 44 };

	// How points are coloured; without scores all in one.
	weir.painter = function () {
		const judged = data.total.scored > 0, ramp = judged ? weir.ramp() : null;
		const plain = judged ? weir.colour('grey') : weir.colour('blue');
		return f => f.anomaly_score === null ? plain : ramp(f.anomaly_score);
	};

	// The line below: the ramp of scores, rings, and how many of the flows are drawn.
	weir.pointLegend = function (box) {
		const legend = make('p', { class: 'legend' });
		function draw() {
			const n = weir.points.length;
			legend.replaceChildren();
			if (data.total.scored) {
				const ramp = weir.ramp(), bar = make('span', { class: 'ramp' });
				const stops = [0, 1, 2, 3, 4, 5, 6].map(i =>
					ramp(data.scores[0] + (data.scores[1] - data.scores[0]) * i / 6));
				bar.style.background = 'linear-gradient(to right, ' + stops.join(', ') + ')';
				legend.append(make('span', null, 'anomaly score ' + data.scores[0].toFixed(2) +
					' (most unusual)'), bar, make('span', null, data.scores[1].toFixed(2)));
			} else {
				legend.append(make('span', null, data.unscored || 'All in one colour: the ' +
					'records have no anomaly_score (weir apply adds it).'));
			}
			if (data.total.anomalies)
				legend.append(make('span', null, make('i', { class: 'ring' }), 'anomaly'));
			legend.append(make('span', null, n === data.total.flows ? 'A point a flow.' :
				weir.grouped(n) + ' of ' + weir.grouped(data.total.flows) + ' flows: ' +
				(data.sample || (data.total.scored ? 'the most unusual, and an even sample.' :
					'an even sample.'))));
		}
		box.append(legend);
		weir.redraws.push(draw);
		weir.retakes.push(draw);
		draw();
	};

	// The nearest of places ({x, y, flow}) within 14 pixels; those drawn later win.
	weir.nearest = function (places, x, y) {
		let found = null, least = 14 * 14;
		for (const p of places) {
			const far = (p.x - x) * (p.x - x) + (p.y - y) * (p.y - y);
			if (far <= least) {
				least = far;
				found = p;
			}
		}
		return found;
	};

	weir.dot = function (context, x, y, radius, colour) {
		context.fillStyle = colour;
		context.beginPath();
		context.arc(x, y, radius, 0, 2 * Math.PI);
		context.fill();
	};

	weir.anomalyChart = function () {
		const box = weir.box('anomalies'), canvas = make('canvas', { class: 'pans', role: 'img',
			'aria-label': 'Bytes per second against packets per second of each flow' });
		const zoom = window.d3.behavior.zoom().scaleExtent([1, 2000]);
		let places = [], width, height, across, up, flows;

		function take() {
			across = weir.measure(weir.points.map(f => f.bytes_per_second), 'B/s');
			up = weir.measure(weir.points.map(f => f.packets_per_second), 'pps');
			flows = weir.points.slice().reverse();
		}

		function scale(measure, from, to, at) {
			const k = zoom.scale(), whole = window.d3.scale.linear().domain(measure.domain).range([from, to]);
			return window.d3.scale.linear().range([from, to])
				.domain([whole.invert((from - at) / k), whole.invert((to - at) / k)]);
		}

		function keepInside() {
			const k = zoom.scale(), t = zoom.translate(), right = width - margin.right;
			const bottom = height - margin.bottom;
			zoom.translate([Math.min(margin.left * (1 - k), Math.max(right * (1 - k), t[0])),
				Math.min(margin.top * (1 - k), Math.max(bottom * (1 - k), t[1]))]);
		}

		function axes(c, x, y) {
			const bottom = height - margin.bottom, right = width - margin.right;
			c.font = '12px system-ui, "DejaVu Sans", sans-serif';
			c.strokeStyle = weir.colour('line');
			c.fillStyle = weir.colour('soft');
			c.lineWidth = 1;
			c.textAlign = 'center';
			let free = 0;
			for (const [at, text] of weir.ticks(across, x.domain()[0], x.domain()[1], width / 90)) {
				c.strokeRect(Math.round(x(at)) + 0.5, margin.top, 0, bottom - margin.top);
				const half = c.measureText(text).width / 2;
				if (x(at) - half >= free) {
					c.fillText(text, x(at), bottom + 16);
					free = x(at) + half + 5;
				}
			}
			c.textAlign = 'right';
			c.textBaseline = 'middle';
			for (const [at, text] of weir.ticks(up, y.domain()[0], y.domain()[1], height / 50)) {
				c.strokeRect(margin.left, Math.round(y(at)) + 0.5, right - margin.left, 0);
				c.fillText(text, margin.left - 6, y(at));
			}
			c.textBaseline = 'alphabetic';
			c.textAlign = 'center';
			c.fillText('bytes per second', (margin.left + right) / 2, height - 8);
			c.save();
			c.translate(12, (margin.top + bottom) / 2);
			c.rotate(-Math.PI / 2);
			c.fillText('packets per second', 0, 0);
			c.restore();
		}

		function points(c, x, y) {
			const paint = weir.painter(), ring = weir.colour('red');
			c.save();
			c.beginPath();
			c.rect(margin.left - 4, margin.top - 4, width - margin.left - margin.right + 8,
				height - margin.top - margin.bottom + 8);
			c.clip();
			places = flows.map(f => ({ flow: f, x: x(across.place(f.bytes_per_second)),
				y: y(up.place(f.packets_per_second)) }));
			for (const p of places)
				if (p.flow.is_anomaly)
					weir.dot(c, p.x, p.y, 5, ring);
			for (const p of places)
				weir.dot(c, p.x, p.y, 2.8, paint(p.flow));
			c.restore();
		}

		function draw() {
			width = Math.max(300, box.clientWidth);
			height = Math.round(Math.min(460, width * 0.7));
			keepInside();
			const c = weir.sharpen(canvas, width, height), t = zoom.translate();
			const x = scale(across, margin.left, width - margin.right, t[0]);
			const y = scale(up, height - margin.bottom, margin.top, t[1]);
			c.clearRect(0, 0, width, height);
			axes(c, x, y);
			points(c, x, y);
			canvas.dataset.scale = zoom.scale();
			canvas.dataset.drawn = places.length;
		}

		box.append(canvas);
		zoom.on('zoom', draw);
		weir.zoomable(canvas, box, zoom, draw);
		weir.hint('anomalies', 'Point at a flow to see it; drag to move; click, then turn the wheel, ' +
			'to zoom; double click to show all.');
		canvas.addEventListener('mousemove', function (event) {
			const found = weir.nearest(places, event.offsetX, event.offsetY);
			if (found)
				weir.tip(weir.describe(found.flow), event);
			else
				weir.untip();
		});
		canvas.addEventListener('mouseleave', weir.untip);
		weir.pointLegend(box);
		weir.redraws.push(draw);
		weir.retakes.push(() => {
			take();
			draw();
		});
		take();
		draw();
	};
})(window.weir);
