// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The table of flows. Sorting and searching are done by the server, over all flows.
(function (weir) {
	'use strict';

	const make = weir.make;
	const port = (ip, n) => n ? (ip.includes(':') ? '[' + ip + ']' : ip) + ':' + n : ip;
	const columns = [
		{ name: 'protocol', sort: 'protocol', text: f => f.protocol },
		{ name: 'from', sort: 'src_ip', text: f => port(f.src_ip, f.src_port), kind: 'address' },
		{ name: 'to', sort: 'dst_ip', text: f => port(f.dst_ip, f.dst_port), kind: 'address' },
		{ name: 'B/s', sort: 'bytes_per_second', desc: true, kind: 'number',
			text: f => weir.rate(f.bytes_per_second, 'B/s') },
		{ name: 'pps', sort: 'packets_per_second', desc: true, kind: 'number',
			text: f => weir.rate(f.packets_per_second, 'pps') },
		{ name: 'bytes', sort: 'bytes', desc: true, kind: 'number', text: f => weir.bytes(f.bytes) },
		{ name: 'packets', sort: 'packets', desc: true, kind: 'number optional',
			text: f => weir.grouped(f.packets) },
		{ name: 'age', sort: 'duration', desc: true, kind: 'number optional',
			text: f => weir.duration(f.duration) },
		{ name: 'score', sort: 'anomaly_score', kind: 'number',
			text: f => f.anomaly_score === null ? '' : f.anomaly_score.toFixed(3) },
		{ name: 'class', sort: 'class', text: f => f.class_name + (f.class_name ?
			' ' + Math.round(100 * f.class_probability) + ' %' : ''), kind: 'name' },
		{ name: 'why', text: f => f.anomaly_reasons, kind: 'why optional' },
	];

	// again() asks for them anew.
	weir.flowsLive = function (again) {
		const body = make('tbody'), found = make('span', { class: 'found', role: 'status' });
		const search = make('input', { type: 'search', maxlength: '200',
			placeholder: 'Search: host 10.0.0.0/8, port 443, words',
			title: 'host 10.0.0.0/8, port 443, dport 53, proto udp, class web, anomalous; ' +
				'"not" before any; else text. All have to hold.',
			'aria-label': 'Search flows' });
		let by = columns[3], desc = true, waiting = 0;

		const heads = columns.map(function (column) {
			const button = make('button', { type: 'button' }, column.name);
			const head = make('th', column.kind ? { class: column.kind } : null,
				column.sort ? button : column.name);
			button.addEventListener('click', function () {
				desc = column === by ? !desc : Boolean(column.desc);
				by = column;
				again();
			});
			return head;
		});

		function line(f) {
			const row = weir.row(columns.map(c => c.text(f)), columns.map(c => c.kind));
			row.className = (f.is_anomaly ? 'anomaly ' : '') + (f.ended ? 'ended' : '');
			return row;
		}

		search.addEventListener('input', function () {
			clearTimeout(waiting);
			waiting = setTimeout(again, 150);
		});
		weir.box('flows').append(search, found, make('div', { class: 'scroll', tabindex: '0' },
			make('table', null, make('thead', null, make('tr', null, ...heads)), body)));

		return {
			path: () => '/api/flows?limit=200&sort=' + by.sort + '&desc=' + Number(desc) +
				(search.value ? '&q=' + encodeURIComponent(search.value) : ''),
			show: function (answer) {
				const flows = weir.flows(answer);
				body.replaceChildren(...flows.map(line));
				found.className = 'found';
				found.textContent = weir.grouped(answer.passing) + ' of ' +
					weir.grouped(answer.flows) + ' flows' + (answer.anomalies ? ', ' +
					weir.grouped(answer.anomalies) + ' anomalous' : '') +
					(flows.length < answer.passing ? '; the first ' + flows.length : '') +
					(answer.left_out ? '; ' + weir.grouped(answer.left_out) +
					' had no room here' : '') + '.';
				heads.forEach((head, i) => head.setAttribute('aria-sort', columns[i] !== by ?
					'none' : desc ? 'descending' : 'ascending'));
			},
			refuse: function (error) {
				found.className = 'found error';
				found.textContent = error;
			},
		};
	};
})(window.weir);
