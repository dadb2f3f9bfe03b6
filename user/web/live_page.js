// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Places of the page, requests, and flows as objects.
(function (weir) {
	'use strict';

	const make = weir.make;

	weir.box = function (id) {
		return document.querySelector('#' + id + ' .plot');
	};

	// A row of a table; names are the classes of its cells.
	weir.row = function (cells, names) {
		return make('tr', null, ...cells.map((c, i) =>
			make('td', names[i] ? { class: names[i] } : null, c)));
	};

	// An answer of the server, or an error with its status and its words.
	weir.ask = async function (path) {
		const answer = await fetch(path, { cache: 'no-store', credentials: 'same-origin' });
		const body = await answer.json();
		if (answer.ok)
			return body;
		const error = new Error(body.error || answer.statusText);
		error.status = answer.status;
		throw error;
	};

	weir.flows = function (answer) {
		return answer.rows.map(function (row) {
			const f = {};
			answer.columns.forEach((name, i) => { f[name] = row[i]; });
			f.class_name = f.class || '';
			f.protocol_name = f.protocol;
			f.avg_packet_size = f.packets ? f.bytes / f.packets : 0;
			return f;
		});
	};

	// Times of today need no date.
	weir.clock = function (s) {
		return weir.time(s).slice(11);
	};
})(window.weir);
