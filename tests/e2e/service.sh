#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# weir as a service: what a service manager hears, and when; how sound the unit is; whether `weir
# health` tells a live one from one that hangs; and what shells complete.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space b
ip -n "weir-test-$$-b" link add vb type veth peer name vc
ip -n "weir-test-$$-b" link set vb up
ip -n "weir-test-$$-b" link set vc up
build_helpers
cp "$weir" "$scratch/weir"

# A service manager of thirty lines: starts weir as the unit would, and notes what it hears.
cat >"$scratch/manager.py" <<'END'
import os, signal, socket, subprocess, sys, time
path, weir, count, heartbeat = sys.argv[1:5]
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(path)
os.chmod(path, 0o777)
heard.settimeout(20)
rights = "-all,+bpf,+perfmon,+net_admin"
started = time.monotonic()
child = subprocess.Popen(
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
     "--inh-caps=" + rights, "--ambient-caps=" + rights, "--bounding-set=" + rights,
     weir, "monitor", "vb"],
    env=dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000", WEIR_HEARTBEAT=heartbeat,
             WEIR_OUTPUT="csv:/dev/null stats:/dev/null", WEIR_INTERVAL="5s"))
words = []
def hear():
    words.append(heard.recv(1000).decode())
    return words[-1]
while hear() != "READY=1":
    pass
print("ready with", subprocess.run([count, "count", "vb"], capture_output=True,
                                   text=True).stdout.strip())
print("status before ready:", [w for w in words if w.startswith("STATUS=")])
beats, until = 0, time.monotonic() + 2
while time.monotonic() < until:
    beats += hear() == "WATCHDOG=1"
print("watchdog", "often" if 5 <= beats <= 25 else beats)
os.kill(child.pid, signal.SIGSTOP)
time.sleep(0.3)
heard.setblocking(False)
try:
    while True:
        hear()
except BlockingIOError:
    pass
heard.settimeout(0.8)
try:
    print("stopped, but hears", hear())
except TimeoutError:
    print("no watchdog while it hangs")
os.kill(child.pid, signal.SIGCONT)
child.terminate()
heard.settimeout(20)
while hear() != "STOPPING=1":
    pass
print("stopping, exit code", child.wait())
END
mkdir -m 777 "$scratch/run"
in_space b "$python" "$scratch/manager.py" "$scratch/run/notify" "$scratch/weir" "$scratch/tcx" \
	"$scratch/run/heartbeat" >"$scratch/heard" 2>"$scratch/err"
wanted="ready with xdp 0 ingress 1 egress 1
status before ready: ['STATUS=Complete: seen 0 packets (0 B) = 0 in flows']
watchdog often
no watchdog while it hangs
stopping, exit code 0"
if [ "$(programs b vb)" = "xdp 0 ingress -1 egress -1" ]; then
	wanted=${wanted/ingress 1 egress 1/ingress -1 egress -1}
fi
is "what a service manager hears" "$(cat "$scratch/heard")" "$wanted"

# The unit. systemd-analyze needs no systemd that runs.
sed "s,@SBIN@,$scratch," 'tools/systemd/weir@.service' >"$scratch/weir@.service"
if command -v systemd-analyze >/dev/null; then
	is "the unit: systemd-analyze finds nothing to say" \
		"$(systemd-analyze --man=no verify "$scratch/weir@eth0.service" 2>&1)" ""
	score=$(systemd-analyze --no-pager security --offline=true "$scratch/weir@.service" |
		sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
	if awk -v score="$score" 'BEGIN { exit !(score != "" && score <= 2.0) }'; then
		pass "the unit: systemd-analyze security says $score, of 10"
	else
		fail "the unit: systemd-analyze security says at most 2.0" "got $score"
	fi
else
	skip "the unit: systemd-analyze" "not installed"
fi

# Variables of the settings file are those of options.
"$weir" monitor --help | sed -n 's/^  *\(-., \)\?--\([a-z0-9-]*\).*/\2/p' >"$scratch/options"
unknown=
while read -r name; do
	grep -qx "$(tr 'A-Z_' 'a-z-' <<<"$name")" "$scratch/options" || unknown+=" $name"
done < <(sed -n 's/^#\?WEIR_\([A-Z_]*\)=.*/\1/p' tools/systemd/weir.default)
is "the settings file: each variable is an option's" "$unknown" ""

# Health.
# health SECONDS: what it says and its exit code.
health()
{
	"$weir" health --heartbeat "$scratch/beat" --within "$1" 2>&1 | sed 's/for [0-9]* s/for N s/'
	echo "${PIPESTATUS[0]}"
}

is "health without a heartbeat" "$(health 5s)" \
	"weir: $scratch/beat: no sign of life: No such file or directory; is 'weir monitor --heartbeat $scratch/beat' running?
1"
weir_start b vb --interval 100ms --heartbeat "$scratch/beat" -o csv:/dev/null
await 5 test -s "$scratch/beat"
sleep 1.2 # longer than it may be silent below
is "health of one that works" "$(health 1s | tail -n 1)" 0
kill -STOP "$weir_pid"
sleep 1.2
is "health of one that hangs" "$(health 1s | sed 's/; last: Complete: .*/; last/')" \
	"weir: $scratch/beat: no sign of life for N s; last
1"
kill -CONT "$weir_pid"
weir_stop
"$weir" health >"$scratch/out" 2>&1
is "health of nothing in particular" "$? $(grep -c 'which file' "$scratch/out")" "2 1"

# Interfaces from the environment.
in_space b env WEIR_INTERFACES="vb vc" "$weir" monitor -d 100ms -o csv:/dev/null 2>"$scratch/err"
is "WEIR_INTERFACES names two" "$? $(grep -c ': ingress ' "$scratch/err")" "0 2"
in_space b env WEIR_INTERFACES="nope0" "$weir" monitor -d 100ms -o csv:/dev/null vb 2>"$scratch/err"
is "the command line's interface wins" "$? $(grep -c ': ingress ' "$scratch/err")" "0 1"

# Completion.
"$weir" completion bash >"$scratch/complete.bash"
# complete_bash WORD...: what bash offers for the last.
# shellcheck disable=SC2016 # the inner shell's
complete_bash()
{
	"$BASH" -c '. "$1"; shift; compopt() { :; }; COMP_WORDS=(weir "$@"); COMP_CWORD=$#; _weir
		printf "%s\n" "${COMPREPLY[@]}"' _ "$scratch/complete.bash" "$@" | sort | xargs
}

is "bash: commands" "$(complete_bash mon)" monitor
is "bash: options" "$(complete_bash monitor --int)" --interval
is "bash: choices" "$(complete_bash monitor --mode xdp)" "xdp xdp-generic"
is "bash: kinds of output" "$(complete_bash monitor -o c)" csv:
is "bash: interfaces" "$(complete_bash monitor l)" lo
if command -v shellcheck >/dev/null; then
	is "bash: shellcheck finds nothing" "$(shellcheck "$scratch/complete.bash")" ""
fi
if command -v zsh >/dev/null; then
	"$weir" completion zsh >"$scratch/_weir"
	is "zsh: the script is one" "$(zsh -n "$scratch/_weir" 2>&1)" ""
	zsh -fc "fpath=($scratch \$fpath); autoload -U compinit; compinit -u -D; print \$_comps[weir]" \
		>"$scratch/out" 2>&1
	is "zsh: knows weir by it" "$(cat "$scratch/out")" _weir
else
	skip "zsh completion" "no zsh"
fi
if command -v fish >/dev/null; then
	"$weir" completion fish >"$scratch/weir.fish"
	offers()
	{
		HOME=$scratch fish --no-config -c "source $scratch/weir.fish; complete -C '$1'" 2>&1 |
			cut -f1 | sort | xargs
	}
	is "fish: commands" "$(offers 'weir mon')" monitor
	is "fish: options" "$(offers 'weir monitor --int')" --interval
	is "fish: choices" "$(offers 'weir monitor --mode xdp')" "xdp xdp-generic"
else
	skip "fish completion" "no fish"
fi
finish
