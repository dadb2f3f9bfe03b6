// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Alerts: those that are open, then those that resolved, newest first.
(function (weir) {
	'use strict';

	const make = weir.make, optional = ['severity', 'of'];

	// Of the events of one alert the last tells how it stands.
	function fold(events) {
		const alerts = new Map();
		for (const e of events) {
			const name = JSON.stringify([e.rule, e.key, e.opened]);
			if (!alerts.has(name))
				alerts.set(name, e);
		}
		const list = [...alerts.values()];
		return list.filter(e => e.event === 'open').concat(list.filter(e => e.event !== 'open'));
	}

	function line(e) {
		const open = e.event === 'open';
		const badge = make('span', { class: open ? 'badge open' : 'badge' }, open ? 'open' : 'resolved');
		return weir.row([badge, e.severity, e.rule, e.key, e.text, weir.clock(e.opened),
			open ? '' : weir.clock(e.changed)], ['', 'optional', 'rule', 'name optional', 'name', '', '']);
	}

	weir.alertsLive = function () {
		const box = weir.box('alerts'), note = make('p', { class: 'note' }), body = make('tbody');
		const table = make('div', { class: 'scroll', tabindex: '0' }, make('table', null,
			make('thead', null, make('tr', null, ...['state', 'severity', 'rule', 'of', 'what',
				'opened (UTC)', 'resolved'].map(name =>
				make('th', optional.includes(name) ? { class: 'optional' } : null, name)))), body));
		box.append(note, table);
		return function (answer) {
			const alerts = fold(answer.events), n = answer.counts;
			body.replaceChildren(...alerts.map(line));
			table.hidden = !alerts.length;
			note.textContent = !n ? 'Nothing is watched for: --alerts, or --rules, turns alerts on.' :
				weir.grouped(n.open) + ' open, ' + weir.grouped(n.resolved) + ' resolved' +
				(n.suppressed ? ', ' + weir.grouped(n.suppressed) + ' held back' : '') +
				(n.undelivered ? ', ' + weir.grouped(n.undelivered) +
				' events could not be delivered' : '') + '.';
		};
	};
})(window.weir);
