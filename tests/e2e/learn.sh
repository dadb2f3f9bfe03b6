#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# From captures to models to verdicts: weir train, evaluate and apply on captures made here, the
# same by way of flow CSV, the same bytes for the same seed, and one clear message for each mistake.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
pcapgen=$PWD/build/tools/pcapgen
cd "$scratch" || exit 1

for n in 1 2 3 4 5; do
	"$pcapgen" --packets 3000 --flows 120 --seed $n c$n.pcap 2>/dev/null
done
"$weir" read c1.pcap -o csv:c1.csv 2>/dev/null
cat >rules <<-END
	# the guide's classes, with a limit that these captures reach
	high_traffic if bytes_per_second > 3000
	web_traffic  if dst_port in 80,443
	other
END

# value NAME FILE: a number of a JSON report.
value()
{
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2"
}

# cells NAME FILE: the column's cells; quoted cells come behind it.
cells()
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next }
		{ print $c }' "$2"
}

# holds WHAT FILE COMMAND...: the command succeeds; else the file is shown.
holds()
{
	local what=$1 shown=$2

	shift 2
	if "$@" >out 2>err; then
		pass "$what"
	else
		fail "$what" "$shown"
	fi
}

# shellcheck disable=SC2317 # by holds
differ()
{
	! cmp -s "$1" "$2"
}

# above A B
# shellcheck disable=SC2317 # by holds
above()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'
}

# splits MODEL: how often it asks for each feature.
splits()
{
	"$weir" model show --json "$1" | sed 's/.*"splits":\([^]]*\).*/\1/'
}

# refused WHAT CODE PATTERN ARGUMENT...: one message that fits, and the code.
refused()
{
	local what=$1 expected=$2 pattern=$3 code

	shift 3
	"$weir" "$@" >out 2>err
	code=$?
	if [ $code -eq "$expected" ] && [ "$(grep -vc 'no use here' err)" -eq 1 ] &&
		grep -qE -e "$pattern" err; then
		pass "$what"
	else
		fail "$what" "exit code $code, wanted $expected and /$pattern/" err
	fi
}

train()
{
	"$weir" train classifier c?.pcap --label-rules rules --max-iter 20 "$@" >report 2>err
}

holds "a classifier learns from captures" err train -o a.model
for line in 'split by file' 'macro avg' 'this model ' 'by port and protocol alone' "always '" \
	'confusion'; do
	holds "its report has '$line'" report grep -q "$line" report
done

train -o b.model --n-jobs 1
holds "the same seed gives the same bytes, whatever the threads" err cmp -s a.model b.model
train -o b.model --algorithm forest --random-state 1
train -o d.model --algorithm forest --random-state 2
holds "another seed gives another forest" err differ b.model d.model

train --cv 5 --snapshots 3,all -o c.model
is "cross-validation asks about every flow once" \
	"$(sed -n 's/^    accuracy .* \([0-9]*\)$/\1/p' report)" "$(
		for n in 1 2 3 4 5; do "$weir" read c$n.pcap -o csv:- 2>/dev/null | tail -n +2; done |
			wc -l)"
holds "flows of three packets are told for themselves" report grep -q '^ *3  accuracy' report

"$weir" evaluate a.model c?.pcap --label-rules rules -f json >all.json 2>err
holds "it knows what it has seen" all.json above "$(value accuracy all.json)" 0.9
"$weir" evaluate a.model c1.pcap --label-rules rules -f json >one.json 2>err
"$weir" evaluate a.model c1.csv --label-rules rules -f json >two.json 2>err
holds "a capture and its CSV are judged alike" two.json cmp -s one.json two.json
"$weir" evaluate b.model c1.pcap --label-rules rules --importance >text 2>err
holds "importance names what the rules are made of" text grep -q 'dst_port .* +- ' text

"$weir" train anomaly c?.pcap --false-positive-rate 0.1 -o n.model >report 2>err
"$weir" apply a.model n.model c1.pcap -o csv:said.csv 2>err
"$weir" apply a.model n.model c1.csv -o csv:said2.csv 2>err
is "apply has a row for each flow" "$(tail -n +2 said.csv | wc -l)" "$(tail -n +2 c1.csv | wc -l)"
is "and says the same of a capture and its CSV" \
	"$(paste -d, <(cells class said.csv) <(cells is_anomaly said.csv) | sort | md5sum)" \
	"$(paste -d, <(cells class said2.csv) <(cells is_anomaly said2.csv) | sort | md5sum)"
is "the classes are those of the rules" "$(cells class said.csv | sort -u | tr '\n' ' ')" \
	"high_traffic other web_traffic "
holds "some flows are unusual" said.csv above "$(cells is_anomaly said.csv | grep -c 1)" 0
holds "and it says why" said.csv \
	grep -q '"[a-z0-9_]* [-0-9.e+]* (usual [-0-9.e+]*\.\.' said.csv

for part in all 0.5 0.2; do
	train --max-features $part -o part.model
	splits part.model >splits.$part
done
is "boosting looks at half of the features a tree" "$(splits a.model)" "$(cat splits.0.5)"
holds "at more when told so" splits.all differ splits.0.5 splits.all
holds "at fewer when told so" splits.0.2 differ splits.0.5 splits.0.2
holds "and the model tells how many" err grep -qa '"max_features":0.2' part.model
train --algorithm forest --max-features log2 -o log2.model
holds "a forest looks at log2 of them a split" err grep -qa '"max_features":"log2"' log2.model

cut -d, -f1-11 c1.csv >guide.csv
holds "the guide's eleven columns do for guide6" err "$weir" train classifier guide.csv \
	--label-rules rules --features guide6 --algorithm forest -o g.model

"$weir" train anomaly c?.pcap --unit host -o h.model >report 2>err
"$weir" apply h.model c1.pcap -o csv:hosts.csv 2>err
is "a model of hosts tells hosts, windows and roles" "$(head -n 1 hosts.csv | cut -d, -f1-6)" \
	"file,window_start,window,host,role,flows"

: >empty
printf 'bytes,packets\n' >header.csv
printf 'bytes,kind\n1,a\n2,a\n' >one.csv
printf 'bytes,kind\n1,a\n1,b\n1,a\n1,b\n' >same.csv
printf 'bytes,kind\n1,a\nnan,b\n' >nan.csv
printf 'a if nothing > 1\n' >bad_rules
head -c 1000 a.model >cut.model
refused "an empty file" 1 'empty: line 1: is empty' train anomaly empty -o x
refused "a header alone" 1 '0 flows in 1 files, but no row' \
	train anomaly header.csv --features bytes -o x
refused "one class" 1 "all 2 rows are of one class, 'a'" \
	train classifier one.csv --features bytes --label-column kind -o x
refused "columns that are constant" 1 'all 4 rows are alike in every feature' \
	train classifier same.csv --features bytes --label-column kind -o x
refused "NaN in CSV" 1 "nan.csv: line 3: column 'bytes' is nan" \
	train classifier nan.csv --features bytes --label-column kind -o x
refused "a column that is not there" 1 "has no column 'fwd_packets'" \
	train anomaly guide.csv -o x
refused "a rule that makes no sense" 1 "bad_rules: line 1: there is no field 'nothing'" \
	train classifier c1.pcap --label-rules bad_rules -o x
refused "no labels" 2 'what are the classes' train classifier c1.pcap -o x
refused "no model to write" 2 'give -o MODEL' train anomaly c1.pcap
refused "a kind that does not exist" 2 'which kind' train regressor c1.pcap -o x
refused "a parameter out of range" 2 '--learning-rate: 0 is out of range' \
	train classifier c1.pcap --label-rules rules --learning-rate 0 -o x
for how in sqrt log2 8; do
	refused "features a split of a forest, of a tree of boosting: $how" 2 \
		"--max-features: '$how' is for --algorithm forest" \
		train classifier c1.pcap --label-rules rules --max-features $how -o x
done
refused "features of a tree that are more than all" 2 '--max-features: 1.5 is out of range' \
	train anomaly c1.pcap --max-features 1.5 -o x
refused "no file" 1 'none.pcap: cannot open: No such file' train anomaly none.pcap -o x
refused "too few files for the folds" 1 'cannot hold rows back by file' train classifier c1.pcap \
	--label-rules rules --split by-file --cv 5 -o x
refused "too much for --max-memory" 1 'more than --max-memory' train anomaly c?.pcap \
	--max-memory 1000000 -o x
refused "half a model" 1 'cut.model' apply cut.model c1.pcap
refused "no model" 2 'which model' apply c1.pcap
refused "a CSV that lacks what the model needs" 1 "guide.csv: has no column" \
	evaluate a.model guide.csv --label-rules rules
refused "nothing to compare with" 2 'what is true' evaluate a.model c1.pcap
finish
