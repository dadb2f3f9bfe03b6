// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Flows in three dimensions: bytes/s, packets/s and average packet size in a cube that turns on
// drag. Drawn on a canvas, far points first; seen from so far away that parallels stay parallel.
(function (weir) {
	'use strict';

	const make = weir.make, start = { yaw: 0.55, pitch: 0.4, zoom: 1 };

	// The cube's corners are at -1 and 1; ends of an edge differ in one place.
	const corners = [0, 1, 2, 3, 4, 5, 6, 7].map(i => [i & 1 ? 1 : -1, i & 2 ? 1 : -1, i & 4 ? 1 : -1]);
	const edges = [];
	corners.forEach(function (a, i) {
		for (const bit of [1, 2, 4])
			if (!(i & bit))
				edges.push([a, corners[i | bit]]);
	});

	weir.spaceChart = function () {
		const box = weir.box('space'), canvas = make('canvas', { class: 'turns', tabindex: '0',
			role: 'img', 'aria-label': 'Flows by bytes per second, packets per second and average ' +
			'packet size; arrow keys turn it' });
		const of = ['bytes_per_second', 'packets_per_second', 'avg_packet_size'];
		const names = ['bytes per second', 'packets per second', 'average packet size'];
		const view = Object.assign({}, start);
		let places = [], written = [], width, height, dragged = null, measures, points;

		// A value on axis i as -1 .. 1.
		function along(i, at) {
			const d = measures[i].domain;
			return 2 * (at - d[0]) / (d[1] - d[0]) - 1;
		}

		function take() {
			measures = of.map((name, i) => weir.measure(weir.points.map(f => f[name]),
				['B/s', 'pps', 'B'][i]));
			points = weir.points.map(f => ({ flow: f,
				at: of.map((name, i) => along(i, measures[i].place(f[name]))) }));
		}

		// Data x lies along x, y into the depth, z up. Returns screen x, y and depth.
		function project(p) {
			const cy = Math.cos(view.yaw), sy = Math.sin(view.yaw);
			const cp = Math.cos(view.pitch), sp = Math.sin(view.pitch);
			const x = p[0] * cy + p[1] * sy, depth = p[1] * cy - p[0] * sy;
			const size = Math.min(width * 0.21, height * 0.28) * view.zoom;
			return [width / 2 + 14 + size * x, height / 2 - 4 - size * (p[2] * cp + depth * sp),
				depth * cp - p[2] * sp];
		}

		function line(c, a, b) {
			const from = project(a), to = project(b);
			c.beginPath();
			c.moveTo(from[0], from[1]);
			c.lineTo(to[0], to[1]);
			c.stroke();
		}

		// Where an axis and its ticks are written: of its four edges the lowest for x and y, the
		// leftmost for z, so that text stays outside of the cube.
		function edgeFor(i) {
			const along4 = edges.filter(e => e[0][i] !== e[1][i]);
			const middle = e => {
				const m = project(e[0].map((v, k) => (v + e[1][k]) / 2));
				return i === 2 ? m[0] : -m[1];
			};
			return along4.reduce((best, e) => middle(e) < middle(best) ? e : best);
		}

		function grid(c) {
			c.lineWidth = 1;
			c.strokeStyle = weir.colour('line');
			const floor = view.pitch >= 0 ? -1 : 1;
			for (const i of [0, 1])
				for (const [at] of ticks(i)) {
					const a = [floor, floor, floor], b = [floor, floor, floor];
					a[i] = b[i] = along(i, at);
					a[1 - i] = -1;
					b[1 - i] = 1;
					line(c, a, b);
				}
			c.strokeStyle = weir.colour('grey');
			for (const e of edges)
				line(c, e[0], e[1]);
		}

		function ticks(i) {
			const d = measures[i].domain;
			return weir.ticks(measures[i], d[0], d[1], 5);
		}

		// Text where no other text is yet.
		function write(c, text, x, y) {
			const wide = c.measureText(text).width + 6;
			const left = c.textAlign === 'right' ? x - wide : c.textAlign === 'left' ? x : x - wide / 2;
			const box = [left, y - 8, left + wide, y + 8];
			if (written.some(w => box[0] < w[2] && w[0] < box[2] && box[1] < w[3] && w[1] < box[3]))
				return;
			written.push(box);
			c.fillText(text, x, y);
		}

		function label(c, i) {
			const e = edgeFor(i), a = project(e[0]), b = project(e[1]);
			const centre = project([0, 0, 0]), mid = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
			let out = [a[1] - b[1], b[0] - a[0]];
			const long = Math.hypot(out[0], out[1]);
			if (long < 30)
				return;
			out = out.map(v => v / long);
			if (out[0] * (mid[0] - centre[0]) + out[1] * (mid[1] - centre[1]) < 0)
				out = [-out[0], -out[1]];
			c.fillStyle = weir.colour('soft');
			c.textBaseline = 'middle';
			c.textAlign = out[0] < -0.3 ? 'right' : out[0] > 0.3 ? 'left' : 'center';
			for (const tick of ticks(i)) {
				const t = (along(i, tick[0]) + 1) / 2;
				write(c, tick[1], a[0] + (b[0] - a[0]) * t + out[0] * 8,
					a[1] + (b[1] - a[1]) * t + out[1] * 12);
			}
			name(c, names[i], mid, out, Math.atan2(b[1] - a[1], b[0] - a[0]));
		}

		function name(c, text, mid, out, slope) {
			c.save();
			c.fillStyle = weir.colour('ink');
			c.textAlign = 'center';
			c.translate(mid[0] + out[0] * 66, mid[1] + out[1] * (40 + 26 * Math.abs(out[0])));
			c.rotate(Math.abs(slope) > Math.PI / 2 ? slope + Math.PI : slope);
			c.fillText(text, 0, 0);
			c.restore();
		}

		function draw() {
			width = Math.max(300, box.clientWidth);
			height = Math.round(Math.max(360, Math.min(500, width * 0.8)));
			const c = weir.sharpen(canvas, width, height), paint = weir.painter();
			const ring = weir.colour('red');
			c.clearRect(0, 0, width, height);
			c.font = '12px system-ui, "DejaVu Sans", sans-serif';
			grid(c);
			places = points.map(function (p) {
				const at = project(p.at);
				return { flow: p.flow, x: at[0], y: at[1], depth: at[2] };
			}).sort((a, b) => b.depth - a.depth);
			for (const p of places) {
				if (p.flow.is_anomaly)
					weir.dot(c, p.x, p.y, 4.8, ring);
				weir.dot(c, p.x, p.y, 2.7, paint(p.flow));
			}
			written = [];
			[0, 1, 2].forEach(i => label(c, i));
			canvas.dataset.yaw = view.yaw.toFixed(4);
			canvas.dataset.pitch = view.pitch.toFixed(4);
		}

		let asked = false;

		// At most once a frame.
		function later() {
			if (asked)
				return;
			asked = true;
			requestAnimationFrame(function () {
				asked = false;
				draw();
			});
		}

		function turn(yaw, pitch) {
			view.yaw += yaw;
			view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + pitch));
			later();
		}

		function zoomBy(factor) {
			view.zoom = Math.max(0.5, Math.min(12, view.zoom * factor));
			later();
		}

		function reset() {
			Object.assign(view, start);
			later();
		}

		canvas.addEventListener('pointerdown', function (event) {
			canvas.setPointerCapture(event.pointerId);
			canvas.focus({ preventScroll: true });
			dragged = [event.clientX, event.clientY];
			weir.untip();
		});
		canvas.addEventListener('pointermove', function (event) {
			if (dragged) {
				turn((event.clientX - dragged[0]) * 0.009, (event.clientY - dragged[1]) * 0.009);
				dragged = [event.clientX, event.clientY];
				return;
			}
			const found = weir.nearest(places, event.offsetX, event.offsetY);
			if (found)
				weir.tip(weir.describe(found.flow), event);
			else
				weir.untip();
		});
		for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'])
			canvas.addEventListener(end, () => { dragged = null; });
		canvas.addEventListener('pointerleave', weir.untip);
		canvas.addEventListener('dblclick', reset);
		canvas.addEventListener('wheel', function (event) {
			if (document.activeElement !== canvas)
				return;
			event.preventDefault();
			zoomBy(Math.exp(-event.deltaY * 0.0015));
		}, { passive: false });
		const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
		canvas.addEventListener('keydown', function (event) {
			if (!keys[event.key])
				return;
			turn(...keys[event.key]);
			event.preventDefault();
		});
		box.append(canvas);
		weir.tools(box, { '+': [() => zoomBy(1.3), 'Zoom in'], '\u2212': [() => zoomBy(1 / 1.3), 'Zoom out'],
			'Reset': [reset, 'Turn back'] });
		weir.hint('space', 'Drag to turn; point at a flow to see it; click, then turn the wheel, to zoom; ' +
			'double click to turn back.');
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
