// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Put the page together: head, charts, tables. A part that fails says so and leaves the others be.
(function (weir) {
	'use strict';

	const data = weir.data, make = weir.make, total = data.total;

	function head() {
		const names = data.files.map(f => f === '-' ? 'standard input' : f.replace(/.*\//, ''));
		const title = data.title || 'weir report: ' + (names.length > 3 ?
			names.length + ' files' : names.join(', '));
		document.title = title;
		document.getElementById('title').textContent = title;
		document.getElementById('range').textContent = data.first === undefined ?
			'The records tell no times.' : weir.range(data.first, data.last) + ', ' +
			weir.duration(data.last - data.first);
		document.getElementById('made').textContent = 'Made by weir ' + data.weir + ' from ' +
			names.join(', ') + '. All of it is in this file; nothing is loaded.';
	}

	function tiles() {
		const list = document.getElementById('tiles');
		const facts = [['flows', weir.grouped(total.flows)], ['packets', weir.count(total.packets)],
			['volume', weir.bytes(total.bytes)],
			['hosts', (total.hosts_exact ? '' : 'about ') + weir.count(total.hosts)]];
		if (data.first !== undefined && data.last > data.first)
			facts.push(['mean rate', weir.rate(total.bytes / (data.last - data.first), 'B/s')]);
		if (total.scored || total.anomalies)
			facts.push(['anomalies', weir.grouped(total.anomalies)]);
		for (const fact of facts)
			list.append(make('div', null, make('dt', null, fact[0]), make('dd', null, fact[1])));
	}

	function lists() {
		weir.bars('protocols', data.protocols, ['flows', 'packets', 'bytes']);
		weir.bars('talkers', data.talkers, ['bytes', 'flows'], true);
		weir.bars('ports', data.ports, ['bytes', 'flows']);
		if (total.classed)
			weir.bars('classes', data.classes, ['flows']);
		else
			weir.box('classes').append(make('p', { class: 'note' }, 'The records were not classified: ' +
				'they have no class. weir apply adds it.'));
	}

	const charts = { volume: [weir.volumeChart, data.volume && total.flows],
		anomalies: [weir.anomalyChart, total.flows], space: [weir.spaceChart, total.flows],
		timeline: [weir.timelineChart, weir.largest.length] };

	function attempt(id, draw) {
		try {
			draw();
		} catch (error) {
			console.error(error);
			weir.box(id).append(make('p', { class: 'bad' }, 'This could not be drawn: ' + error.message));
		}
	}

	head();
	tiles();
	attempt('protocols', lists);
	for (const id in charts) {
		if (!charts[id][1] || !window.d3)
			weir.hide(id);
		else
			attempt(id, charts[id][0]);
	}
	attempt('unusual', weir.anomalyTable);
	attempt('books', weir.bookTables);
	attempt('models', weir.modelTables);

	let waiting = 0;
	window.addEventListener('resize', function () {
		clearTimeout(waiting);
		waiting = setTimeout(weir.redraw, 60);
	});
	for (const query of ['(prefers-color-scheme: dark)', 'print'])
		window.matchMedia(query).addEventListener('change', weir.redraw);
	document.documentElement.dataset.ready = 'yes';
})(window.weir);
