// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Bytes per second, interval by interval; a mark below where flows were called anomalies.
(function (weir) {
	'use strict';

	const margin = { left: 78, right: 14, top: 8, bottom: 40 }, height = 240;

	// Round numbers from 0, about four.
	function ticks(most) {
		const rough = most / 4, power = Math.pow(10, Math.floor(Math.log10(rough)));
		const step = [1, 2, 2.5, 5, 10].find(s => s * power >= rough) * power, out = [];
		for (let i = 0; i * step <= most; i++)
			out.push(i * step);
		return out;
	}

	weir.volumeLive = function () {
		const box = weir.box('volume'), canvas = weir.make('canvas', { role: 'img',
			'aria-label': 'Bytes per second over time' });
		let rates = [], width = 300;

		// At least a minute's worth of intervals, so that the first ones are no walls.
		function span() {
			const last = rates[rates.length - 1][0], first = rates[0][0] - rates[0][1];
			return [Math.min(first, last - 12 * rates[0][1]), last];
		}

		const rate = r => r[1] > 0 ? r[2] / r[1] : 0;

		function axes(c, x, y, most, from, to) {
			const bottom = height - margin.bottom, right = width - margin.right;
			c.font = '12px system-ui, "DejaVu Sans", sans-serif';
			c.strokeStyle = weir.colour('line');
			c.fillStyle = weir.colour('soft');
			c.textAlign = 'right';
			c.textBaseline = 'middle';
			for (const v of ticks(most)) {
				c.strokeRect(margin.left, Math.round(y(v)) + 0.5, right - margin.left, 0);
				c.fillText(weir.tick(v, 'B/s'), margin.left - 7, y(v));
			}
			c.textBaseline = 'alphabetic';
			c.textAlign = 'center';
			const n = Math.max(2, Math.min(8, Math.floor((right - margin.left) / 110)));
			for (let i = 0; i < n; i++) {
				const at = from + (to - from) * (i + 0.5) / n;
				c.fillText(weir.clock(at), x(at), bottom + 17);
			}
			c.fillText('time (UTC)', (margin.left + right) / 2, height - 5);
		}

		function draw() {
			width = Math.max(300, box.clientWidth);
			const c = weir.sharpen(canvas, width, height);
			c.clearRect(0, 0, width, height);
			if (!rates.length)
				return;
			const [from, to] = span(), most = Math.max(...rates.map(rate)) * 1.08 || 1;
			const bottom = height - margin.bottom, right = width - margin.right;
			const x = s => margin.left + (right - margin.left) * (s - from) / (to - from);
			const y = v => bottom - (bottom - margin.top) * v / most;
			axes(c, x, y, most, from, to);
			const edge = new Path2D(), area = new Path2D();
			rates.forEach(function (r, i) {
				const left = x(r[0] - r[1]), at = y(rate(r));
				if (i)
					edge.lineTo(left, at);
				else
					edge.moveTo(left, at);
				edge.lineTo(x(r[0]), at);
			});
			area.addPath(edge);
			area.lineTo(x(to), bottom);
			area.lineTo(x(rates[0][0] - rates[0][1]), bottom);
			c.fillStyle = weir.colour('fill');
			c.fill(area);
			c.strokeStyle = weir.colour('blue');
			c.lineWidth = 1.5;
			c.stroke(edge);
			c.fillStyle = weir.colour('red');
			for (const r of rates)
				if (r[5])
					c.fillRect(x(r[0] - r[1]), bottom, Math.max(2, x(r[0]) - x(r[0] - r[1]) - 1), 4);
			canvas.dataset.intervals = rates.length;
		}

		canvas.addEventListener('mousemove', function (event) {
			if (!rates.length)
				return;
			const [from, to] = span();
			const at = from + (to - from) * (event.offsetX - margin.left) /
				(width - margin.left - margin.right);
			const r = rates.find(i => at >= i[0] - i[1] && at < i[0]);
			if (!r)
				return weir.untip();
			weir.tip(weir.clock(r[0] - r[1]) + ' UTC, ' + weir.duration(r[1]) + '\n' +
				weir.rate(rate(r), 'B/s') + ', ' + weir.rate(r[3] / r[1], 'pps') + '\n' +
				weir.bytes(r[2]) + ', ' + weir.packets(r[3]) +
				(r[4] ? '\n' + weir.grouped(r[4]) + ' flows judged, ' + weir.grouped(r[5]) +
				' anomalous' : ''), event);
		});
		canvas.addEventListener('mouseleave', weir.untip);
		box.append(canvas);
		weir.redraws.push(draw);
		return function (list) {
			rates = list;
			weir.hint('volume', 'The last ' + weir.duration(span()[1] - rates[0][0] + rates[0][1]) +
				(rates.some(r => r[5]) ? '; red below: intervals with anomalies.' : '.'));
			draw();
		};
	};
})(window.weir);
