#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weir plot: every kind makes a picture of the type asked for, the numbers drawn add up to those of
# the records, hostile names stay text, and mistakes get one message and leave no picture.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
flows=$scratch/flows.csv
kinds="volume protocols anomalies anomalies-3d talkers ports classes timeline"

# column NAME FILE: the column's cells; no cell of these files has a comma before it.
column()
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next }
		{ print $c }' "$2"
}

# total NAME FILE
total()
{
	column "$1" "$2" | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

# type FILE: what its first bytes say.
type()
{
	case $(head -c 60 "$1" 2>/dev/null | tr -d '\0' | head -c 8 | od -An -c | tr -d ' \n') in
	211PNG*) echo png ;;
	'<?xml'*) grep -q '</svg>' "$1" && echo svg ;;
	%PDF-*) echo pdf ;;
	esac
}

# sums KIND COLUMN FACTOR FILE: of the table of the picture and of the records, FACTOR times.
sums()
{
	"$weir" plot "$1" --table "$4" >"$scratch/table"
	is "$1: the $2 drawn add up to those of ${4##*/}" "$(total "$2" "$scratch/table")" \
		"$(($(total "$2" "$4") * $3))"
}

# refused WHAT CODE PATTERN ARGUMENT...
refused()
{
	local what=$1 expected=$2 pattern=$3 code

	shift 3
	rm -f "$scratch/x.png"
	env PATH="${search-$PATH}" "$weir" plot "$@" >"$scratch/out" 2>"$scratch/err"
	code=$?
	if [ "$code" -eq "$expected" ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
		grep -qE -- "$pattern" "$scratch/err" && ! [ -s "$scratch/out" ] && ! [ -e "$scratch/x.png" ]; then
		pass "$what"
	else
		fail "$what" "exit code $code" "$scratch/err" "$scratch/out"
	fi
}

"$python" tests/e2e/flows.py 5000 >"$flows"
for file in "$flows" "$scratch"/capture.csv; do
	if [ "$file" != "$flows" ]; then
		if [ -z "${WEIR_CAPTURES-}" ]; then
			skip "sums of captures" "WEIR_CAPTURES is not set"
			continue
		fi
		"$weir" read -o csv:"$file" "$WEIR_CAPTURES/dev/nfstream/skype.pcap" 2>/dev/null
	fi
	sums volume bytes 1 "$file"
	sums volume packets 1 "$file"
	sums protocols bytes 1 "$file"
	sums ports bytes 1 "$file"
	sums talkers bytes 2 "$file"
	is "protocols: the flows drawn are all of ${file##*/}" \
		"$("$weir" plot protocols --table "$file" | awk -F, 'NR > 1 { n += $2 } END { print n }')" \
		"$(($(wc -l <"$file") - 1))"
done
is "classes: the flows drawn are all" \
	"$("$weir" plot classes --table "$flows" | awk -F, 'NR > 1 { n += $2 } END { print n }')" 5000
is "anomalies: a point for every flow" "$("$weir" plot anomalies --table "$flows" | wc -l)" 5001
"$weir" plot anomalies-3d --table "$flows" >"$scratch/table"
is "anomalies: the most unusual come first" "$(column anomaly_score "$scratch/table" | head -n 1)" \
	"$(column anomaly_score "$flows" | sort -g | head -n 1)"
is "timeline: as many bars as were asked for" "$("$weir" plot timeline --table -n 7 "$flows" | wc -l)" 8
is "the largest flow is among them" "$("$weir" plot timeline --table -n 7 "$flows" | awk -F, 'NR > 1 { print $8 }' | sort -n | tail -n 1)" \
	"$(column bytes "$flows" | sort -n | tail -n 1)"
is "two files: the volume is that of both" \
	"$("$weir" plot volume --table "$flows" "$flows" | awk -F, 'NR > 1 { n += $3 } END { printf "%.0f\n", n }')" \
	"$((2 * $(total bytes "$flows")))"

printf '\xd4\xc3\xb2\xa1\0\0\0\0' >"$scratch/a.pcap"
cut -d, -f1-11 "$flows" >"$scratch/guide.csv"
refused "no such kind" 2 'plot: pie: no such picture; there are volume, protocols' pie "$flows" -o "$scratch/x.png"
refused "no records" 2 'plot: of which records\?' volume -o "$scratch/x.png"
refused "no output" 2 'plot: into which file\? add -o FILE.png, or --table' volume "$flows"
refused "another ending" 2 'x\.gif: cannot tell what to write; end its name in \.png' volume "$flows" -o "$scratch/x.gif"
refused "a capture" 1 'a\.pcap: .*this is a capture; .*weir read -o csv:' volume "$scratch/a.pcap" -o "$scratch/x.png"
refused "no times" 1 "guide\.csv: cannot draw volume: there is no column 'start_time'" volume "$scratch/guide.csv" -o "$scratch/x.png"
refused "no classes" 1 "guide\.csv: cannot draw classes: there is no column 'class'; weir apply" classes "$scratch/guide.csv" -o "$scratch/x.png"
head -n 1 "$flows" >"$scratch/empty.csv"
refused "a header alone" 1 'empty\.csv: cannot draw talkers: there are no records' talkers "$scratch/empty.csv" -o "$scratch/x.png"
: >"$scratch/nothing.csv"
refused "an empty file" 1 'nothing\.csv: line 1: is empty' talkers "$scratch/nothing.csv" -o "$scratch/x.png"
head -c 700 "$flows" >"$scratch/cut.csv"
refused "a row that is cut" 1 'cut\.csv: line [0-9]+: has more or fewer cells' talkers "$scratch/cut.csv" -o "$scratch/x.png"
search=/nonexistent refused "no gnuplot" 1 'gnuplot: .*not installed; install gnuplot-nox, or take the numbers by --table' \
	talkers "$flows" -o "$scratch/x.png"

if command -v gnuplot >/dev/null; then
	for kind in $kinds; do
		for end in png svg pdf; do
			"$weir" plot "$kind" "$flows" -o "$scratch/$kind.$end" 2>"$scratch/err"
			is "$kind: a $end that is one" "$? $(type "$scratch/$kind.$end") $(cat "$scratch/err")" "0 $end "
		done
	done
	refused "a folder that is not there" 1 'nowhere/x\.png: cannot write: No such file' volume "$flows" -o "$scratch/nowhere/x.png"
	is "the guide's own columns are enough" \
		"$("$weir" plot anomalies "$scratch/guide.csv" -o "$scratch/guide.svg" 2>&1; type "$scratch/guide.svg")" svg
	is "and the picture says that there is no score" \
		"$(grep -c 'all in one colour: the records have no anomaly_score' "$scratch/guide.svg")" 1
	is "with scores it does not" "$(grep -c 'all in one colour' "$scratch/anomalies.svg")" 0

	"$python" tests/e2e/flows.py 600 hostile >"$scratch/it's; system 'touch owned'; \`touch owned\`.csv"
	(cd "$scratch" && for kind in $kinds; do
		"$weir" plot "$kind" ./it*.csv -n 40 -o "hostile-$kind.svg" || echo "$kind"
	done) >"$scratch/out" 2>&1
	is "hostile names: every kind is drawn" "$(cat "$scratch/out")" ""
	is "hostile names: nothing ran" "$(find "$scratch" -maxdepth 1 -name 'owned*')" ""
	# shellcheck disable=SC2016 # that is the point
	for name in '&lt;img src=x onerror=window.owned=1>' '`touch owned`' '50%s%n%d' \
		'@owned {/Symbol a}^2_x' '$(touch owned)'; do
		is "hostile names: $name is drawn as it is" \
			"$(grep -cF ">$name<" "$scratch/hostile-classes.svg")" 1
	done
	is "hostile names: no control character is left" \
		"$(tr -d '\n\t' <"$scratch/hostile-classes.svg" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
	is "hostile names: none in the table" \
		"$("$weir" plot classes --table "$scratch"/it*.csv | tr -d '\n' | LC_ALL=C grep -c '[[:cntrl:]]')" 0
else
	skip "pictures" "no gnuplot"
fi
finish
