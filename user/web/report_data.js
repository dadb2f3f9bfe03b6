// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The page's data, and flows as objects instead of rows.
(function (weir) {
	'use strict';

	const data = JSON.parse(document.getElementById('data').textContent);
	weir.data = data;

	function flow(row) {
		const f = {};
		data.columns.forEach(function (name, i) {
			f[name] = row[i];
		});
		f.bytes_per_second = f.duration ? f.bytes / f.duration : 0;
		f.packets_per_second = f.duration ? f.packets / f.duration : 0;
		f.avg_packet_size = f.packets ? f.bytes / f.packets : 0;
		f.class_name = f.class < 0 ? '' : data.classes.bars[f.class].name;
		f.protocol_name = data.protocol_names[f.protocol] || String(f.protocol);
		return f;
	}

	weir.points = data.points.map(flow);
	weir.anomalies = data.anomalies.map(flow);
	weir.largest = (data.largest || []).map(flow);

	weir.endpoints = function (f) {
		const dst = f.dst_port ? f.dst_ip + ' port ' + f.dst_port : f.dst_ip;
		return f.src_ip + ' to ' + dst;
	};

	// What a flow is, in lines, for the box beside the pointer.
	weir.describe = function (f) {
		const lines = [weir.endpoints(f),
			f.protocol_name + (f.class_name ? ', class ' + f.class_name : ''),
			weir.bytes(f.bytes) + ', ' + weir.packets(f.packets) + ' in ' +
				weir.duration(f.duration),
			weir.rate(f.bytes_per_second, 'B/s') + ', ' + weir.rate(f.packets_per_second, 'pps') +
				', ' + weir.bytes(f.avg_packet_size) + ' a packet'];
		if (data.first !== undefined)
			lines.push('from ' + weir.time(f.start_time, 3) + ' UTC');
		if (f.anomaly_score !== null)
			lines.push('anomaly score ' + f.anomaly_score.toFixed(3) +
				(f.is_anomaly ? ': an anomaly' : ''));
		return lines.join('\n');
	};

	const tip = document.getElementById('tip');

	// Show text beside the pointer, within the window.
	weir.tip = function (text, event) {
		tip.textContent = text;
		tip.hidden = false;
		const box = tip.getBoundingClientRect();
		const right = event.clientX + 16 + box.width > window.innerWidth;
		const below = event.clientY + 16 + box.height < window.innerHeight;
		tip.style.left = Math.max(4, right ? event.clientX - box.width - 12 : event.clientX + 16) + 'px';
		tip.style.top = (below ? event.clientY + 16 : Math.max(4, event.clientY - box.height - 12)) + 'px';
	};

	weir.untip = function () {
		tip.hidden = true;
	};

	weir.colour = function (name) {
		return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
	};

	function isDark() {
		const page = weir.colour('page');
		return parseInt(page.slice(1, 3), 16) < 128;
	}

	// A function from score to colour: the most unusual stand out from light and from dark.
	weir.ramp = function () {
		const palette = isDark() ? data.palette.slice().reverse() : data.palette;
		const low = data.scores[0], high = data.scores[1] > low ? data.scores[1] : low + 1e-6;
		return window.d3.scale.linear().clamp(true).range(palette)
			.domain(palette.map((c, i) => low + (high - low) * i / (palette.length - 1)));
	};

	// Draw again when the window, the theme or the medium changes.
	weir.redraws = [];
	// On a live page: take weir.points anew, and draw.
	weir.retakes = [];
	weir.redraw = function () {
		weir.redraws.forEach(draw => draw());
	};
})(window.weir);
