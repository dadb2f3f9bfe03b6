// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Ask at the end of each interval, and show. While the page is hidden or paused nothing is asked.
(function (weir) {
	'use strict';

	const data = weir.data, make = weir.make, charts = Boolean(window.d3);
	data.unscored = 'All in one colour: no model scores them (--anomaly, --baseline).';
	const state = document.getElementById('state'), pause = document.getElementById('pause');
	const volume = weir.volumeLive(), books = weir.booksLive(), alerts = weir.alertsLive();
	const bars = {};
	for (const id of ['protocols', 'talkers', 'ports', 'classes'])
		bars[id] = weir.barsLive(id);
	const table = weir.flowsLive(() => ask(showFlows));
	let paused = false, timer = 0, shown = 0, failures = 0, judged = false;

	function tell(text, stale) {
		state.textContent = text;
		state.className = stale ? 'stale' : '';
	}

	function tiles(s) {
		const seconds = s.interval || 1, facts = [['live flows', weir.grouped(s.live_flows)],
			['volume', weir.rate(s.moved.bytes / seconds, 'B/s')],
			['packets', weir.rate(s.moved.packets / seconds, 'pps')],
			['seen', weir.count(s.seen.packets) + ' packets'], ['records', weir.count(s.records)]];
		if (s.judged)
			facts.push(['anomalies', weir.grouped(s.judged.anomaly_flows)]);
		if (s.alerts)
			facts.push(['open alerts', weir.grouped(s.alerts.open)]);
		document.getElementById('tiles').replaceChildren(...facts.map(fact =>
			make('div', null, make('dt', null, fact[0]), make('dd', null, fact[1]))));
	}

	function showSummary(s) {
		judged = Boolean(s.judged);
		document.title = (s.alerts && s.alerts.open ? '(' + s.alerts.open + ') ' : '') + 'weir: ' + s.source;
		document.getElementById('title').textContent = 'weir: ' + s.source;
		tiles(s);
		const complete = document.getElementById('complete');
		complete.textContent = s.books;
		complete.className = s.complete ? 'good' : 'bad';
		volume(s.rates);
		for (const id in bars)
			bars[id](s[id]);
		document.getElementById('classes').hidden = s.classes.bars.every(b => !b.name);
		books(s);
		document.getElementById('made').textContent = 'weir ' + s.weir + (s.models.length ?
			', models: ' + s.models.join(', ') : '') + '.';
		tell(weir.time(s.time) + ' UTC, every ' + weir.duration(s.interval));
	}

	function showPoints(answer) {
		const flows = weir.flows(answer);
		const scores = flows.map(f => f.anomaly_score).filter(s => s !== null);
		weir.points = flows;
		data.total = { flows: answer.passing, scored: scores.length, anomalies: answer.anomalies };
		data.scores = scores.length ? [Math.min(...scores), Math.max(...scores)] : [-1, 0];
		data.sample = scores.length ? 'the most unusual.' : 'the largest.';
		if (!flows.length)
			return;
		if (!weir.retakes.length) {
			weir.anomalyChart();
			weir.spaceChart();
		}
		weir.retakes.forEach(take => take());
	}

	// An answer to what is not asked any more is too late.
	function showFlows() {
		const path = table.path();
		return weir.ask(path).then(function (answer) {
			if (path === table.path())
				table.show(answer);
		}, function (error) {
			if (error.status !== 400)
				throw error;
			if (path === table.path())
				table.refuse(error.message);
		});
	}

	function showAll() {
		return weir.ask('/api/summary').then(function (s) {
			const points = '/api/flows?limit=1000&moved=1' + (s.judged ? '&sort=anomaly_score&desc=0' : '');
			const all = [showFlows(), weir.ask('/api/alerts').then(alerts)];
			if (charts)
				all.push(weir.ask(points).then(showPoints));
			showSummary(s);
			shown++;
			return Promise.all(all).then(() => s);
		});
	}

	function failed(error) {
		failures++;
		if (error.status === 401)
			tell('The server wants a token: open this page as /?token=TOKEN.', true);
		else if (error.status !== 503)
			tell('No answer: ' + error.message + '. Trying again.', true);
		return null;
	}

	function ask(what) {
		return what().then(function (answer) {
			failures = 0;
			return answer;
		}, failed);
	}

	// A little after the next interval's end; after failures ever later.
	async function turn() {
		clearTimeout(timer);
		if (paused || document.hidden)
			return;
		const s = await ask(showAll);
		const wait = s ? Math.max(0.1, s.interval - s.age + 0.08) : Math.min(10, 0.3 * Math.pow(1.5, failures));
		document.documentElement.dataset.shown = shown;
		clearTimeout(timer);
		timer = setTimeout(turn, Math.min(wait, 60) * 1000);
	}

	pause.addEventListener('click', function () {
		paused = !paused;
		pause.setAttribute('aria-pressed', paused);
		turn();
	});
	document.addEventListener('visibilitychange', turn);
	if (!charts)
		for (const id of ['anomalies', 'space'])
			document.getElementById(id).hidden = true;
	if (window.location.search.includes('token='))
		window.history.replaceState(null, '', window.location.pathname); // a cookie has it now
	let waiting = 0;
	window.addEventListener('resize', function () {
		clearTimeout(waiting);
		waiting = setTimeout(weir.redraw, 60);
	});
	window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', weir.redraw);
	document.documentElement.dataset.ready = 'yes';
	turn();
})(window.weir);
