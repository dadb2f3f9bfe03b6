// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Lists of names with a bar each: protocols, hosts, ports, classes.
(function (weir) {
	'use strict';

	const make = weir.make;
	const measures = {
		'B/s': { of: b => b.bytes_per_second, text: v => weir.rate(v, 'B/s') },
		pps: { of: b => b.packets_per_second, text: v => weir.rate(v, 'pps') },
		flows: { of: b => b.flows, text: weir.grouped },
	};

	weir.barsLive = function (id) {
		const body = make('tbody'), note = make('p', { class: 'note' });
		const tools = make('div', { class: 'tools' });
		let chosen = 'B/s', list = { names: 0, bars: [] };

		function show() {
			const m = measures[chosen];
			const bars = list.bars.filter(b => m.of(b) > 0).sort((a, b) => m.of(b) - m.of(a)).slice(0, 10);
			const most = bars.length ? m.of(bars[0]) : 0;
			body.replaceChildren(...bars.map(function (b) {
				const bar = make('div', { class: 'bar' }, make('span'));
				bar.style.width = (most ? 100 * m.of(b) / most : 0) + '%';
				bar.firstChild.style.width = '100%';
				return weir.row([b.name || '(none)', m.text(m.of(b)), bar], ['name', 'number', 'wide']);
			}));
			note.textContent = list.names > bars.length ? 'Not shown: ' +
				weir.grouped(list.names - bars.length) + ' more.' : '';
			for (const button of tools.children)
				button.setAttribute('aria-pressed', button.textContent === chosen);
		}

		for (const name in measures) {
			const button = make('button', { type: 'button' }, name);
			button.addEventListener('click', function () {
				chosen = name;
				show();
			});
			tools.append(button);
		}
		weir.box(id).append(tools, make('table', null, body), note);
		return function (fresh) {
			list = fresh;
			show();
		};
	};

	// Where the packets went: only what there was.
	weir.booksLive = function () {
		const body = make('tbody'), box = weir.box('books');
		box.append(make('table', null, make('thead', null, make('tr', null,
			make('th', null, 'where'), make('th', { class: 'number' }, 'packets'),
			make('th', { class: 'number' }, 'bytes'), make('th'))), body));
		return function (s) {
			const lines = [['seen', s.seen, 'by the hooks since the start'],
				['in flows', s.in_flows, '']];
			for (const c of s.causes)
				lines.push([c.name, c.count, c.meaning]);
			if (s.no_memory.packets)
				lines.push(['no_memory', s.no_memory, 'no memory in the agent']);
			body.replaceChildren(...lines.map(l => weir.row([l[0], weir.grouped(l[1].packets),
				weir.bytes(l[1].bytes), l[2]], ['name', 'number', 'number', 'name'])));
		};
	};
})(window.weir);
