#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weir report: the page is one file that needs nothing else, holds what the records say, and opens in
# a real browser without a complaint; mistakes get one message and leave no page.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
flows=$scratch/flows.csv
page=$scratch/page.html
export PYTHONDONTWRITEBYTECODE=1

# refused WHAT CODE PATTERN ARGUMENT...: one message that matches, this exit code, no page.
refused()
{
	local what=$1 expected=$2 pattern=$3 code

	shift 3
	rm -f "$page"
	"$weir" report "$@" >"$scratch/out" 2>"$scratch/err"
	code=$?
	if [ "$code" -eq "$expected" ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
		grep -qE -- "$pattern" "$scratch/err" && ! [ -s "$scratch/out" ] && ! [ -e "$page" ]; then
		pass "$what"
	else
		fail "$what" "exit code $code" "$scratch/err" "$scratch/out"
	fi
}

"$python" tests/e2e/flows.py 3000 >"$flows"
"$python" tests/e2e/flows.py 400 hostile >"$scratch/hostile.csv"
hostile="$scratch/<img src=x onerror=window.owned=1>.csv"
cp "$scratch/hostile.csv" "$hostile"
printf '%s\n' '{"time":1,"final":false,"seen":{"packets":1,"bytes":60},"causes":{}}' \
	'{"time":2,"final":true,"source":"</script><img src=x>","seen":{"packets":12,"bytes":900},"in_flows":{"packets":10,"bytes":800},"causes":{"not_ip":{"packets":2,"bytes":100}},"complete":true}' \
	>"$scratch/books.json"

"$weir" report "$flows" --stats "$scratch/books.json" -o "$page" 2>"$scratch/err"
is "a report is made in silence" "$? $(cat "$scratch/err")" "0 "
is "another run differs in its nonce alone" \
	"$("$weir" report "$flows" --stats "$scratch/books.json" -o - | sed -E 's/nonce[=-]["'\'']?[0-9a-f]{32}/nonce/g' | sha256sum)" \
	"$(sed -E 's/nonce[=-]["'\'']?[0-9a-f]{32}/nonce/g' "$page" | sha256sum)"
"$weir" report "$hostile" --stats "$scratch/books.json" --title '</title><script>window.owned=1</script>' \
	-o "$scratch/hostile.html"
is "data cannot end its script element" \
	"$(sed -n '/id="data"/,/^<\/script>/p' "$scratch/hostile.html" | sed '1d;$d' | grep -c '[<>&]')" 0
is "records in .gz and from standard input make the same page" \
	"$(gzip -c "$flows" | "$weir" report - --title x -o - | sed -n '/id="data"/,/^<\/script>/p' | sed 's/"files":\[[^]]*\]//' | sha256sum)" \
	"$("$weir" report --title x -o - "$flows" | sed -n '/id="data"/,/^<\/script>/p' | sed 's/"files":\[[^]]*\]//' | sha256sum)"

printf '\xd4\xc3\xb2\xa1\0\0\0\0' >"$scratch/a.pcap"
printf 'src_ip,dst_ip,protocol,duration,bytes,packets\n10.0.0.1,10.0.0.2,6,1,x,2\n' >"$scratch/bad.csv"
refused "a capture is no flow records" 1 'a\.pcap: .*this is a capture; .*weir read -o csv:' "$scratch/a.pcap" -o "$page"
refused "a cell that is no number is told with its line" 1 "bad\.csv: line 2: column 'bytes': 'x' is no count" "$scratch/bad.csv" -o "$page"
refused "no such file" 1 'nowhere\.csv: cannot open: No such file' "$scratch/nowhere.csv" -o "$page"
refused "books that are none" 1 'flows\.csv: cannot take the books .*-o stats:FILE' "$flows" --stats "$flows" -o "$page"
refused "a model that is none" 1 'flows\.csv: ' "$flows" --model "$flows" -o "$page"
refused "no output" 2 'report: into which file\? add -o report\.html' "$flows"
refused "no records" 2 'report: of which records\?' -o "$page"
refused "a folder that is not there" 1 'nowhere/page\.html: cannot write: No such file' "$flows" -o "$scratch/nowhere/page.html"

if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
	"$weir" report "$flows" --stats "$scratch/books.json" -o "$page"
	"$python" tests/e2e/report_page.py check "$page" "$scratch/hostile.html" 2>"$scratch/err" |
		tee "$scratch/page.log"
	[ "${PIPESTATUS[0]}" -eq 0 ] || tests_failed=$((tests_failed + 1))
	grep -q '^ok' "$scratch/page.log" || fail "the page in a browser" "$scratch/err"
else
	skip "the page in a browser" "no chromium"
fi
finish
