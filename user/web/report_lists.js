// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Lists as tables: bars of names, anomalies (sortable, searchable), books, models.
(function (weir) {
	'use strict';

	const make = weir.make, data = weir.data;

	weir.box = function (id) {
		return document.querySelector('#' + id + ' .plot');
	};

	weir.hide = function (id) {
		document.getElementById(id).hidden = true;
	};

	function row(cells, names) {
		return make('tr', null, ...cells.map((c, i) => make(c.head === undefined ? 'td' : 'th',
			names[i] ? { class: names[i] } : null, c.head === undefined ? c : c.head)));
	}

	// A bar of value; where first is told, that part in the first colour, the rest in the second.
	function bar(value, first, most) {
		const box = make('div', { class: 'bar' }), left = make('span');
		box.style.width = (most ? 100 * value / most : 0) + '%';
		left.style.width = (first === null ? 100 : value ? 100 * first / value : 0) + '%';
		box.append(left);
		if (first !== null) {
			const right = make('span', { class: 'second' });
			right.style.width = (value ? 100 - 100 * first / value : 0) + '%';
			box.append(right);
		}
		return box;
	}

	const measures = { flows: weir.grouped, bytes: weir.bytes, packets: weir.grouped };

	function fill(body, list, measure, split) {
		const bars = list.bars.slice().sort((a, b) => b[measure] - a[measure]).slice(0, 20);
		const most = bars.length ? bars[0][measure] : 0;
		body.replaceChildren();
		for (const b of bars)
			body.append(row([b.name, measures[measure](b[measure]),
				bar(b[measure], split && measure === 'bytes' ? b.first : null, most)],
			['name', 'number', 'wide']));
	}

	function rest(list, measure) {
		const shown = list.bars.slice().sort((a, b) => b[measure] - a[measure]).slice(20);
		const names = list.others.names + shown.length;
		if (!names)
			return '';
		const sum = shown.reduce((n, b) => n + b[measure], list.others[measure]);
		return 'Not shown: ' + weir.grouped(names) + ' more with ' + measures[measure](sum) +
			(measure === 'bytes' ? '.' : ' ' + measure + '.') + (list.error ?
			' There were too many names to keep all: a sum may be too low by ' +
			measures[measure](list.error) + '.' : '');
	}

	// A list of names with a bar each; buttons choose what the bars measure.
	weir.bars = function (id, list, offered, split) {
		const body = make('tbody'), note = make('p', { class: 'note' });
		const tools = make('div', { class: 'tools' }), legend = make('p', { class: 'legend' });

		function choose(measure) {
			fill(body, list, measure, split);
			note.textContent = rest(list, measure);
			legend.hidden = !split || measure !== 'bytes';
			for (const button of tools.children)
				button.setAttribute('aria-pressed', button.textContent === measure);
		}

		for (const measure of offered) {
			const button = make('button', { type: 'button' }, measure);
			button.addEventListener('click', () => choose(measure));
			tools.append(button);
		}
		const first = make('i'), second = make('i');
		first.style.background = 'var(--blue)';
		second.style.background = 'var(--orange)';
		legend.append(make('span', null, first, 'flows it began'),
			make('span', null, second, 'flows it answered'));
		weir.box(id).append(tools, make('table', null, body), legend, note);
		tools.hidden = offered.length < 2;
		choose(offered[0]);
	};

	const columns = [
		{ name: 'score', number: true, key: f => f.anomaly_score === null ? 0 : f.anomaly_score,
			text: f => f.anomaly_score === null ? '' : f.anomaly_score.toFixed(3) },
		{ name: 'flow', key: weir.endpoints, text: weir.endpoints },
		{ name: 'protocol', key: f => f.protocol_name, text: f => f.protocol_name },
		{ name: 'class', key: f => f.class_name, text: f => f.class_name +
			(f.class_name && f.class_probability !== null && f.class_probability !== undefined ?
				' ' + Math.round(100 * f.class_probability) + ' %' : '') },
		{ name: 'start (UTC)', key: f => f.start_time,
			text: f => data.first === undefined ? '' : weir.time(f.start_time, 3) },
		{ name: 'duration', number: true, key: f => f.duration, text: f => weir.duration(f.duration) },
		{ name: 'bytes', number: true, key: f => f.bytes, text: f => weir.bytes(f.bytes) },
		{ name: 'packets', number: true, key: f => f.packets, text: f => weir.grouped(f.packets) },
		{ name: 'why', key: f => f.reasons, text: f => f.reasons },
	];

	function sorted(flows, column, down) {
		return flows.slice().sort(function (a, b) {
			const x = column.key(a), y = column.key(b);
			return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
		});
	}

	function heads(sort) {
		return make('thead', null, make('tr', null, ...columns.map(function (column) {
			const button = make('button', { type: 'button' }, column.name);
			button.addEventListener('click', () => sort(column));
			return make('th', column.number ? { class: 'number' } : null, button);
		})));
	}

	// A table of flows that sorts by a click on a head and shows only what holds the words.
	function flows(list) {
		const body = make('tbody'), search = make('input', { type: 'search',
			placeholder: 'Search: address, port, class, reason', 'aria-label': 'Search anomalies' });
		let by = columns[0], down = false;

		function show() {
			const words = search.value.toLowerCase().split(/\s+/);
			body.replaceChildren();
			for (const f of sorted(list, by, down)) {
				const texts = columns.map(c => c.text(f)), all = texts.join(' ').toLowerCase();
				if (words.every(w => all.includes(w)))
					body.append(row(texts, columns.map(c => c.number ? 'number' : 'name')));
			}
			head.querySelectorAll('th').forEach(function (th, i) {
				th.setAttribute('aria-sort', columns[i] !== by ? 'none' :
					down ? 'descending' : 'ascending');
			});
		}

		const head = heads(function (column) {
			down = column === by ? !down : false;
			by = column;
			show();
		});
		search.addEventListener('input', show);
		show();
		return [search, make('div', { class: 'scroll', tabindex: '0' }, make('table', null, head, body))];
	}

	weir.anomalyTable = function () {
		const box = weir.box('unusual'), n = data.total.anomalies, shown = weir.anomalies.length;
		if (!data.total.scored && !n) {
			box.append(make('p', { class: 'note' }, 'The records were not judged: they have no ' +
				'anomaly_score. weir apply adds it.'));
			return;
		}
		box.append(make('p', { class: 'note' }, !n ?
			'No flow is called an anomaly; these have the lowest scores.' :
			weir.grouped(n) + (n === 1 ? ' flow is' : ' flows are') + ' called an anomaly' +
			(shown < n ? '; the ' + shown + ' most unusual are listed.' : '.')));
		box.append(...flows(weir.anomalies));
	};

	function books(entry) {
		const b = entry.books, body = make('tbody'), left = { packets: 0, bytes: 0 };
		const all = [['in flow records', b.in_flows || {}, '']];
		for (const name in b.causes || {})
			if (b.causes[name].packets)
				all.push([name, b.causes[name], data.causes[name] || '']);
		for (const line of all) {
			left.packets += line[1].packets || 0;
			left.bytes += line[1].bytes || 0;
			body.append(row([line[0], weir.grouped(line[1].packets || 0),
				weir.bytes(line[1].bytes || 0), line[2]], ['name', 'number', 'number', 'name']));
		}
		const seen = b.seen || {};
		body.append(row(['= accounted for', weir.grouped(left.packets), weir.bytes(left.bytes), ''],
			['name', 'number', 'number']));
		body.append(row(['seen', weir.grouped(seen.packets || 0), weir.bytes(seen.bytes || 0), ''],
			['name', 'number', 'number']));
		return [left.packets === seen.packets && left.bytes === seen.bytes, make('table', null,
			make('thead', null, row([{ head: 'where' }, { head: 'packets' }, { head: 'bytes' },
				{ head: '' }], ['name', 'number', 'number'])), body)];
	}

	// The books of each run; in the summary one line that tells whether nothing is missing.
	weir.bookTables = function () {
		const box = weir.box('books'), line = document.getElementById('complete');
		let good = true;
		if (!data.books.length) {
			box.append(make('p', { class: 'note' }, 'Not told: write the books with -o stats:FILE of ' +
				'weir monitor or read, and give them by --stats FILE.'));
			line.hidden = true;
			return;
		}
		for (const entry of data.books) {
			const [balanced, table] = books(entry);
			good = good && balanced;
			box.append(make('p', { class: balanced ? 'good' : 'bad' }, entry.file + ': ' +
				(balanced ? 'every packet seen is in a flow or under a cause' :
					'the two sides differ: an error in weir') +
				(entry.books.final === true ? '.' : '; the run had not ended yet.')), table);
		}
		line.className = good ? 'good' : 'bad';
		line.textContent = good ? 'Complete: every packet seen is in a flow or under a named cause.' :
			'INCOMPLETE: packets are missing from the books.';
	};

	// Any value of training metadata as text.
	function plain(value) {
		return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
	}

	// Long text folded away behind its beginning.
	function folded(text) {
		if (text.length <= 240)
			return text;
		return make('details', null, make('summary', null, text.slice(0, 120) + '\u2026'), text);
	}

	weir.modelTables = function () {
		const box = weir.box('models');
		if (!data.models.length)
			box.append(make('p', { class: 'note' }, data.total.scored || data.total.classed ?
				'Models judged these records; name them by --model FILE.' :
				'None: the records were not judged. weir apply does it.'));
		for (const m of data.models) {
			const body = make('tbody'), facts = [['kind', m.kind], ['trees', weir.grouped(m.trees)],
				['features', m.features.join(', ')]];
			if (m.classes.length)
				facts.push(['classes', m.classes.join(', ')]);
			if (m.threshold !== undefined)
				facts.push(['anomaly below', String(m.threshold)]);
			for (const key in m.about || {})
				facts.push([key, plain(m.about[key])]);
			for (const fact of facts)
				body.append(row([fact[0], folded(fact[1])], ['', 'name']));
			box.append(make('p', null, m.file), make('table', null, body));
		}
	};
})(window.weir);
