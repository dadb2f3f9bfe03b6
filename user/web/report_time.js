// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Charts along time: the volume of all flows, and the largest flows as bars.
(function (weir) {
	'use strict';

	const data = weir.data, margin = 34;
	const hint = 'Drag to move; click, then turn the wheel, to zoom; double click to show all.';

	// Ticks that tell no more of date and time than they differ in.
	function format(span) {
		const d3 = window.d3;
		if (span > 200 * 86400)
			return d3.time.format.utc('%Y-%m');
		if (span > 5 * 86400)
			return d3.time.format.utc('%m-%d');
		if (span > 86400)
			return d3.time.format.utc('%m-%d %H:%M');
		if (span > 600)
			return d3.time.format.utc('%H:%M');
		if (span > 7)
			return d3.time.format.utc('%H:%M:%S');
		return d => d3.time.format.utc('%S.%L')(d).replace(/0+$/, '').replace(/\.$/, '') + ' s';
	}

	// An SVG chart with a time axis that zooms; draw(chart, first, last) fills it.
	function timeChart(id, height, leftOf, first, last, draw) {
		const d3 = window.d3, box = weir.box(id), chart = { height: height };
		let left = 0;
		const svg = d3.select(box).append('svg').attr('class', 'pans').attr('role', 'img')
			.attr('aria-label', document.querySelector('#' + id + ' h2').textContent);
		const zoom = d3.behavior.zoom().scaleExtent([1, 5000]);
		const x = d3.time.scale.utc();
		chart.svg = svg;
		chart.x = x;

		function keepInside() {
			const inner = chart.width - left - margin, scale = zoom.scale(), at = zoom.translate();
			const least = (chart.width - margin) * (1 - scale);
			zoom.translate([Math.min(0 - left * (scale - 1), Math.max(least, at[0])), 0]);
			const from = (left - zoom.translate()[0]) / scale, share = s => first + (last - first) * s;
			const a = share((from - left) / inner), b = share((from - left + inner / scale) / inner);
			x.domain([new Date(a * 1000), new Date(b * 1000)]).range([left, chart.width - margin]);
			return [a, b];
		}

		function axis(span) {
			const n = Math.max(2, Math.floor((chart.width - left) / 95));
			svg.append('g').attr('class', 'axis').attr('transform', 'translate(0,' + (height - 44) + ')')
				.call(d3.svg.axis().scale(x).orient('bottom').ticks(n).tickFormat(format(span)));
			svg.append('text').attr('x', (left + chart.width) / 2).attr('y', height - 6)
				.attr('text-anchor', 'middle').text('time (UTC), from ' +
				weir.time(x.domain()[0] / 1000, span < 60 ? 3 : 0));
		}

		chart.redraw = function () {
			chart.width = Math.max(300, box.clientWidth);
			chart.left = left = leftOf(chart.width);
			svg.attr('viewBox', '0 0 ' + chart.width + ' ' + height).attr('height', height);
			const [a, b] = keepInside();
			svg.node().dataset.from = a;
			svg.node().dataset.to = b;
			svg.selectAll('*').remove();
			svg.append('clipPath').attr('id', id + '-clip').append('rect').attr('x', left).attr('y', 0)
				.attr('width', chart.width - left - margin).attr('height', height - 43);
			draw(chart, a, b);
			axis(b - a);
		};
		zoom.on('zoom', chart.redraw);
		weir.zoomable(svg.node(), box, zoom, chart.redraw);
		weir.hint(id, hint);
		weir.redraws.push(chart.redraw);
		svg.on('mouseleave', weir.untip);
		return chart;
	}

	// As many bins as there are pixels at most, put together.
	function visibleBins(v, a, b, most) {
		const from = Math.max(0, Math.floor((a - v.start) / v.width));
		const to = Math.min(v.bytes.length, Math.ceil((b - v.start) / v.width));
		const group = Math.max(1, Math.ceil((to - from) / most)), out = [];
		for (let i = from - from % group; i < to; i += group) {
			const bin = { time: v.start + i * v.width, span: group * v.width, bytes: 0, packets: 0 };
			for (let j = i; j < Math.min(i + group, v.bytes.length); j++) {
				bin.bytes += v.bytes[j];
				bin.packets += v.packets[j];
			}
			out.push(bin);
		}
		return out;
	}

	function drawVolume(chart, a, b) {
		const d3 = window.d3, svg = chart.svg, bottom = chart.height - 44;
		const bins = visibleBins(data.volume, a, b, Math.max(50, chart.width / 3));
		const rate = bin => bin.bytes / bin.span;
		const y = d3.scale.linear().domain([0, d3.max(bins, rate) * 1.06 || 1]).range([bottom, 8]);
		const x = s => chart.x(new Date(s * 1000));
		chart.bins = bins;
		svg.append('g').attr('class', 'axis').attr('transform', 'translate(' + chart.left + ',0)')
			.call(d3.svg.axis().scale(y).orient('left').ticks(6).tickSize(-chart.width + chart.left + margin)
				.tickFormat(v => weir.tick(v, 'B/s')));
		let edge = 'M' + x(bins[0].time) + ',' + bottom;
		for (const bin of bins)
			edge += 'V' + y(rate(bin)).toFixed(1) + 'H' + x(bin.time + bin.span).toFixed(1);
		edge += 'V' + bottom;
		const inside = svg.append('g').attr('clip-path', 'url(#volume-clip)');
		inside.append('path').attr('class', 'area').attr('d', edge + 'Z');
		inside.append('path').attr('class', 'edge').attr('d', edge);
		chart.cross = svg.append('line').attr('class', 'cross').attr('y1', 8).attr('y2', bottom)
			.style('display', 'none');
	}

	weir.volumeChart = function () {
		const v = data.volume;
		const chart = timeChart('volume', 300, () => 76, v.start, v.start + v.bytes.length * v.width, drawVolume);
		chart.svg.on('mousemove', function () {
			const event = window.d3.event, at = window.d3.mouse(this)[0];
			const seconds = chart.x.invert(at) / 1000;
			const bin = chart.bins.find(b => seconds >= b.time && seconds < b.time + b.span);
			if (!bin || at < chart.left)
				return weir.untip();
			chart.cross.style('display', null).attr('x1', at).attr('x2', at);
			weir.tip(weir.time(bin.time, bin.span < 1 ? 3 : 0) + ' UTC, ' + weir.duration(bin.span) + '\n' +
				weir.rate(bin.bytes / bin.span, 'B/s') + ', ' + weir.rate(bin.packets / bin.span, 'pps') +
				'\n' + weir.bytes(bin.bytes) + ', ' + weir.packets(bin.packets), event);
		});
		chart.redraw();
	};

	const groups = { 6: 'blue', 17: 'orange', 1: 'green', 58: 'green' };
	const lanes = 40, lane = 15, narrow = 620;

	function short(address) {
		return address.length > 21 ? address.slice(0, 10) + '\u2026' + address.slice(-9) : address;
	}

	function drawLanes(chart, flows) {
		const svg = chart.svg, inside = svg.append('g').attr('clip-path', 'url(#timeline-clip)');
		flows.forEach(function (f, i) {
			const y = 6 + i * lane, from = chart.x(new Date(f.start_time * 1000));
			const to = chart.x(new Date((f.start_time + f.duration) * 1000));
			svg.append('line').attr('class', 'axis').attr('x1', chart.left).attr('x2', chart.width - margin)
				.attr('y1', y + lane).attr('y2', y + lane).style('stroke', 'var(--line)');
			svg.append('text').attr('x', chart.left - 8).attr('y', y + 11).attr('text-anchor', 'end')
				.style('font-size', '11px').text((chart.width < narrow ? '' : short(f.src_ip) + ' to ') + short(f.dst_ip) +
				(f.dst_port ? ' port ' + f.dst_port : ''));
			inside.append('rect').attr('x', from).attr('y', y + 2).attr('height', lane - 4)
				.attr('width', Math.max(2, to - from)).attr('rx', 2)
				.style('fill', 'var(--' + (groups[f.protocol] || 'grey') + ')')
				.on('mousemove', () => weir.tip(weir.describe(f), window.d3.event))
				.on('mouseleave', weir.untip);
		});
	}

	weir.timelineChart = function () {
		const flows = weir.largest.slice(0, lanes).sort((a, b) => a.start_time - b.start_time);
		const first = Math.min(...flows.map(f => f.start_time));
		const last = Math.max(...flows.map(f => f.start_time + f.duration), first + 0.001);
		const chart = timeChart('timeline', flows.length * lane + 56, w => w < narrow ? 165 : 310, first,
			last + (last - first) * 0.01, c => drawLanes(c, flows));
		const legend = weir.make('p', { class: 'legend' });
		for (const [name, colour] of [['TCP', 'blue'], ['UDP', 'orange'], ['ICMP', 'green'], ['other', 'grey']]) {
			const dot = weir.make('i');
			dot.style.background = 'var(--' + colour + ')';
			legend.append(weir.make('span', null, dot, name));
		}
		weir.box('timeline').append(legend);
		chart.redraw();
	};
})(window.weir);
