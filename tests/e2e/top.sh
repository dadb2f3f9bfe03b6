#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# weir top in a terminal (tmux): what keys do, at several sizes, without colour and on old
# terminals; and that the terminal is afterwards what it was, however weir ends.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
if ! command -v tmux >/dev/null; then
	skip "weir top" "no tmux"
	finish
fi
if "$weir" top 2>&1 </dev/null | grep -q 'without ncursesw'; then
	skip "weir top" "built without ncursesw"
	finish
fi

tm()
{
	LC_ALL=C.UTF-8 tmux -u -S "$scratch/tmux" -f /dev/null "$@"
}
trap 'tm kill-server 2>/dev/null; clean_up' EXIT

make_space a
make_space b
make_pair a va b vb

# The shell in the terminal writes exit codes to $scratch/code.
cat >"$scratch/rc" <<END
PS1='ready>'
run()
{
	"\$@"
	echo \$? >$scratch/code
}
set -m
END
tm new-session -d -x 80 -y 24 -s t \
	"TERM=screen-256color ip netns exec weir-test-$$-b $BASH --rcfile $scratch/rc -i"

screen()
{
	tm capture-pane -p -t t
}

# shellcheck disable=SC2317 # await calls it
shows()
{
	screen | grep -qE -- "$1"
}

# Is any colour on the screen?
colours()
{
	tm capture-pane -e -p -t t | grep -qE $'\e\\[[0-9;]*[34][0-7]m' && echo yes || echo no
}

keys()
{
	tm send-keys -t t "$@"
}

# sees WHAT PATTERN: within a few seconds the screen has it.
sees()
{
	if await 10 shows "$2"; then
		pass "$1"
	else
		screen >"$scratch/shown"
		fail "$1" "wanted $2" "$scratch/shown"
	fi
}

# holds WHAT COMMAND...: within a few seconds the command succeeds.
holds()
{
	if await 10 "${@:2}"; then
		pass "$1"
	else
		screen >"$scratch/shown"
		fail "$1" "$scratch/shown"
	fi
}

# Only the one in our terminal.
pid_of_weir()
{
	ps -t "$(tm display -p -t t '#{pane_tty}')" -o pid=,comm= | awk '$2 == "weir" { print $1 }'
}

# shellcheck disable=SC2317 # await calls these
{
	weir_runs()
	{
		[ -n "$(pid_of_weir)" ]
	}

	has_code()
	{
		[ -s "$scratch/code" ]
	}

	weir_is_gone()
	{
		! weir_runs
	}

	settings_are_back()
	{
		[ "$(settings)" = "$before" ]
	}

	lacks()
	{
		! shows "$1"
	}

	first_row_has()
	{
		screen | sed -n 6p | grep -q "$1"
	}

	has_changed()
	{
		[ "$(screen)" != "$one" ] && lacks PAUSED
	}

	has_scrolled_off()
	{
		tm capture-pane -p -S -200 -t t | grep -q "$1"
	}
}

# start ARGUMENT...: weir top in the terminal.
start()
{
	rm -f "$scratch/code"
	keys -l "clear; echo before-weir; run ${*@Q}"
	keys Enter
	await 10 weir_runs && await 10 shows 'flows live'
}

# The settings of the terminal, seen from outside: all of stty -a but its size.
settings()
{
	stty -a -F "$(tm display -p -t t '#{pane_tty}')" | sed 's/rows.*columns [0-9]*;//'
}

# Flags of the terminal: cursor shown, other screen, keypad and mouse modes.
flags()
{
	tm display -p -t t '#{cursor_flag} #{alternate_on} #{keypad_cursor_flag} #{mouse_any_flag}'
}

# ended WHAT CODE: weir has ended, and the terminal is as before.
ended()
{
	await 20 has_code || fail "$1: ends"
	await 5 settings_are_back
	is "$1: exit code" "$(cat "$scratch/code" 2>/dev/null)" "$2"
	is "$1: the terminal's settings" "$(settings)" "$before"
	is "$1: cursor, screen and modes" "$(flags)" "1 0 0 0"
	holds "$1: what was there before is there" has_scrolled_off '^before-weir'
}

await 10 shows '^ready>' || fail "a shell in the terminal" "$(screen)"
before=$(settings)

# Thirty flows of TCP, UDP and ICMP, for as long as this runs.
(while in_space a "$trafficgen" va --packets 20000 --flows 30 --rate 2000 --zipf 1 \
	--protocol mix --size 100:1000 >/dev/null 2>&1; do :; done) &

start "$weir" top -i 200ms vb
sees "flows appear" '^  (TCP|UDP|ICMP) +10\.0\.0\.'
sees "the curve of the volume" '[▁▂▃▄▅▆▇█]+ +[0-9.]+ .?B/s at most'
sees "the books" '^Complete: seen [0-9,]+ packets'
sees "the busiest is first" 'RATE▼'

keys S
sees "S sorts by source" 'SOURCE▼'
holds "the least source is first" first_row_has ' 10\.0\.0\.0[: ]'
keys S
holds "S again turns the order" first_row_has ' 10\.0\.0\.29[: ]'
keys '>'
sees "> sorts by the next column" 'DESTINATION▼'

keys / && keys -l 'proto tcp not port 80' && keys Enter
sees "a filter passes some flows" 'proto tcp not port 80: [0-9]+ flows'
is "and only these" "$(screen | grep -cE '^. (UDP|ICMP) ')" 0
keys / C-u && keys -l 'host 10.0.0.x' && keys Enter
sees "a wrong filter is explained" 'host "10\.0\.0\.x": no address'
keys Escape
sleep 0.2
keys Escape
holds "Escape clears the filter" lacks 'proto tcp not'

keys g
sees "g groups by host" '^  198\.18\.0\.1 +30 '
keys g
sees "then by port" '^  TCP 443 '
keys g
sees "then by protocol" '^  TCP +15 '
keys Enter
sees "Enter shows the flows of a group" 'proto (TCP|UDP): 1[25] flows'
keys Escape
sees "Escape comes back" 'by protocol'
keys g g
sees "by class, then flows again" '^  (TCP|UDP|ICMP) +10\.0\.0\..*198\.18'

keys Enter
sees "Enter shows one flow" '^src_ip +10\.0\.0\.'
sees "and what it does now" '^live: [0-9,]+ packets, .*; now '
keys End
sees "to its last field" 'coalesced +[0-9]'
keys Escape
keys '?'
sees "? shows help" 'pause: the picture stands'
keys '?'

keys Space
sees "space pauses" ' PAUSED '
one=$(screen)
sleep 1
is "paused, nothing moves" "$(screen)" "$one"
keys Space
holds "space goes on" has_changed

tm resize-window -t t -x 200 -y 60
sees "at 200x60 all columns have room" 'RATE▼ +PPS +BYTES PACKETS +AGE'
is "at 200x60 the last line is the last" "$(screen | sed -n '60s/ .*//p')" "?"
tm resize-window -t t -x 40 -y 10
sees "at 40x10 the essence" 'SOURCE +DESTINATION +RATE▼'
is "at 40x10 nothing is wrapped" "$(screen | wc -l)" 10
tm resize-window -t t -x 80 -y 24
sees "at 80x24 again" 'RATE▼ +BYTES PACKETS'
is "there is colour" "$(colours)" yes

keys q
ended "q" 0
sees "q: the sums are below" '^Complete: seen '
is "q: no system call was denied" "$(screen | grep -c denied)" 0

start env NO_COLOR=1 "$weir" top -i 200ms vb
sees "NO_COLOR: flows" '^  (TCP|UDP|ICMP) +10\.0\.0\.'
is "NO_COLOR: no colour" "$(colours)" no
kill -TERM "$(pid_of_weir)"
ended "SIGTERM" 0
sees "SIGTERM: the sums are below" '^Complete: seen '

start env TERM=vt100 LC_ALL=C "$weir" top -i 200ms vb
sees "TERM=vt100 in the C locale: flows" '^  (TCP|UDP|ICMP) +10\.0\.0\.'
is "TERM=vt100 in the C locale: nothing but ASCII" "$(screen | LC_ALL=C grep -c '[^ -~]')" 0
keys C-c
await 20 has_code
await 5 settings_are_back
is "^C on vt100: exit code and settings" "$(cat "$scratch/code") $(settings)" "0 $before"

for signal in HUP SEGV ABRT; do
	start "$weir" top -i 200ms vb
	kill "-$signal" "$(pid_of_weir)"
	case $signal in
	HUP) ended "SIG$signal" 0 ;;
	SEGV) ended "a crash (SIG$signal)" 139 ;;
	ABRT) ended "a crash (SIG$signal)" 134 ;;
	esac
done

start "$weir" top -i 200ms vb
keys C-z
sees "^Z stops it" 'Stopped'
is "stopped, the terminal is the shell's" "$(flags)" "1 0 0 0"
keys -l 'fg' && keys Enter
sees "fg goes on" '^  (TCP|UDP|ICMP) +10\.0\.0\.'
keys q
await 20 weir_is_gone
await 5 settings_are_back
is "after fg and q: settings" "$(settings)" "$before"

# Its peers: an output's reader goes, the interface goes.
mkfifo "$scratch/fifo"
cat "$scratch/fifo" >/dev/null &
reader=$!
start "$weir" top -i 200ms --active-timeout 300ms -o "csv:$scratch/fifo" vb
kill "$reader"
sees "the reader of an output goes: told, and it goes on" 'the reader has gone'
keys q
ended "a reader that went" 0
sees "the message is also below" '^weir: csv:.*the reader has gone'

make_pair a vc b vd
start "$weir" top -i 200ms vd
ip -n "weir-test-$$-b" link del vd
sleep 0.5
keys q
ended "the interface vanished" 0

# Of files.
build/tools/pcapgen --packets 20000 --flows 500 "$scratch/file.pcap" 2>/dev/null
rm -f "$scratch/code"
keys -l "clear; echo before-weir; run $weir top $scratch/file.pcap"
keys Enter
sees "a capture's records" '^500 records|^[0-9,]+ records'
sees "and their curve" ' in [0-9.]+ m?s'
keys / && keys -l 'proto udp' && keys Enter
sees "filtered" 'proto udp: [0-9,]+ flows'
keys q
ended "a capture" 0
sees "a capture: the sums" '^Complete: seen 20,000 packets'

# What cannot be.
is "without a terminal: one message" "$("$weir" top vb 2>&1 </dev/null)" \
	"weir: top: stdin and stdout must be a terminal; 'weir monitor' writes anywhere"
keys -l "clear; run $weir top -o csv:- vb" && keys Enter
sees "stdout is the screen's" "the screen is on stdout"
keys -l "clear; TERM=no-such run $weir top vb" && keys Enter
sees "an unknown terminal" 'no description of the terminal "no-such"'
keys -l "clear; TERM=dumb run $weir top vb" && keys Enter
sees "a dumb terminal" 'cannot move its cursor'
keys -l "clear; run $weir top" && keys Enter
sees "no default route" 'there is no default route'
finish
