// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Amounts, times and names as weir writes them everywhere (user/units.c).
window.weir = {};
(function (weir) {
	'use strict';

	const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];

	function scaled(value, unit) {
		let i = 0;
		while (value >= 999.5 && i < 5) {
			value /= 1000;
			i++;
		}
		const digits = i && value < 99.95 ? 1 : 0;
		return (value.toFixed(digits) + ' ' + prefixes[i] + unit).trim();
	}

	weir.count = function (value, unit) {
		return scaled(value, unit || '');
	};

	weir.bytes = function (value) {
		return scaled(value, 'B');
	};

	// A rate, also below one a second.
	weir.rate = function (value, unit) {
		return value > 0 && value < 1 ? value.toPrecision(2) + ' ' + unit : scaled(value, unit);
	};

	// Ticks need no ".0".
	weir.tick = function (value, unit) {
		if (value > 0 && value < 1)
			return Number(value.toPrecision(2)) + ' ' + unit;
		return weir.rate(Number(value.toPrecision(3)), unit).replace(/\.0+ /, ' ');
	};

	weir.grouped = function (n) {
		return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
	};

	weir.packets = function (n) {
		return weir.grouped(n) + (n === 1 ? ' packet' : ' packets');
	};

	weir.duration = function (s) {
		if (s < 1e-3)
			return (s * 1e6).toFixed(0) + ' us';
		if (s < 0.9995)
			return (s * 1e3).toFixed(0) + ' ms';
		if (s < 99.95)
			return s.toFixed(1) + ' s';
		if (s < 5970)
			return (s / 60).toFixed(0) + ' min';
		return s < 3600 * 99.5 ? (s / 3600).toFixed(0) + ' h' : (s / 86400).toFixed(0) + ' d';
	};

	// Seconds since 1970 as "2024-10-28 12:30:00", with digits of a second.
	weir.time = function (s, digits) {
		const date = new Date(Math.floor(s * 1000));
		if (isNaN(date))
			return String(s);
		const text = date.toISOString().replace('T', ' ');
		return digits ? text.slice(0, 20 + digits) : text.slice(0, 19);
	};

	weir.range = function (first, last) {
		const from = weir.time(first), to = weir.time(last);
		if (from === to)
			return from + ' UTC';
		return from + ' to ' + (from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to) + ' UTC';
	};

	// An element with text and children; strings are never read as HTML.
	weir.make = function (name, attributes, ...children) {
		const element = document.createElement(name);
		for (const key in attributes || {})
			element.setAttribute(key, attributes[key]);
		for (const child of children)
			element.append(child);
		return element;
	};
})(window.weir);
