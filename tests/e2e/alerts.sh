#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Where alerts go, and what goes wrong there: a webhook that is dead, a disk that is full and a rules
# file that is broken are one clear line each, and the watching goes on. What could not be delivered
# is delivered once the webhook lives and the disk has room, in order and once; what never can be is
# counted. (That more than fit into the queue are given up, the oldest first, is in
# test_alert_sink.c; a truncated model in watch.sh; the attacks one by one in baseline_attacks.sh.)
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/world.sh
. tests/e2e/world.sh

if ! "$weir" monitor --help | grep -q -- --alerts; then
	skip "alerts" "this weir has no --alerts"
	exit 0
fi

make_world 66
ip -n "weir-test-$$-b" link set lo up # where the webhook is
echo 'rule broken
    when nonsense' >"$scratch/broken"
refusal="$scratch/rules: line 2: there is no measure 'nonsense'; weir-rules(5) lists them"
cp "$scratch/broken" "$scratch/rules"
is "a broken rules file is refused with its line" \
	"$("$weir" monitor lo --alerts stderr: --rules "$scratch/rules" 2>&1)" "weir: $refusal"

# said PATTERN: how many lines of weir.
said()
{
	grep -c -- "$1" "$scratch/err"
}

# says_once WHAT PATTERN
says_once()
{
	await 10 grep -q -- "$2" "$scratch/err"
	is "$1" "$(said "$2")" 1
}

# expect RULE KEY SPACE ATTACK...: it is told in the file that nothing is wrong with.
expect()
{
	run "${@:3}"
	if await 5 told open "$1" "$2"; then
		pass "$4: $1 names $2"
	else
		fail "$4: $1 names $2" "$alerts" "$scratch/err"
	fi
}

# has_all FILE: what the good file has, and no more?
# shellcheck disable=SC2317 # await calls it
has_all()
{
	cmp -s "$1" "$alerts"
}

delivered_later()
{
	if await 40 has_all "$2"; then
		pass "$1: all in order, once: $(wc -l <"$2") events"
	else
		fail "$1" "wanted" "$alerts" "got" "$2" "$scratch/err"
	fi
}

mkdir "$scratch/disk"
if ! mount -t tmpfs -o size=64k none "$scratch/disk"; then
	skip "a full disk" "cannot mount a tmpfs"
	finish
fi
printf '' >"$scratch/disk/alerts"
head -c 1M /dev/zero >"$scratch/disk/filler" 2>/dev/null
"$python" - >"$scratch/rules" <<'END'
import re
text = open("user/rules_builtin.c").read()
text = text[text.index("rules_builtin[]"):text.index("rules_of_hosts[]")]
print("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).encode().decode("unicode_escape"))
END
chmod 644 "$scratch/rules"
if ! weir_start b vb --interval 500ms -o csv:/dev/null --rules "$scratch/rules" \
	--alerts "json:$alerts" --alerts "json:$scratch/disk/alerts" \
	--alerts webhook:http://127.0.0.1:8099/ --alerts webhook:http://127.0.0.1:9/; then
	fail "weir monitor --alerts" "$scratch/err"
	finish
fi

expect port-scan "\"src_ip\":\"$outside.66\"" a scan $outside.66 $victim
says_once "a dead webhook is one line" \
	'webhook:http://127.0.0.1:8099/: cannot deliver: .*; trying again, up to 1024 alerts wait'
says_once "a full disk is one line" \
	'disk/alerts: cannot deliver: .*No space left on device; trying again, up to 1024'

cp "$scratch/rules" "$scratch/kept"
cp "$scratch/broken" "$scratch/rules"
kill -HUP "$weir_pid"
says_once "rules that have broken are one line" "$refusal; going on with what was loaded before"
expect host-sweep "\"src_ip\":\"$outside.66\"" a sweep $outside.66 10.0.9
cp "$scratch/kept" "$scratch/rules"
kill -HUP "$weir_pid"
says_once "rules that are whole again are taken" 'loaded models and rules again'
expect syn-flood "\"dst_ip\":\"$victim\"" a flood va "$mac" $victim
is "the full disk has no half line" "$(cat "$scratch/disk/alerts")" ""
is "that both fail is said no second time" \
	"$(said '8099/: cannot deliver') $(said 'disk/alerts: cannot deliver')" "1 1"

rm "$scratch/disk/filler"
: >"$scratch/hook"
cat >"$scratch/hook.py" <<'END'
import http.server, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "ab") as f:
            f.write(body.rstrip(b"\n") + b"\n")
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8099), Hook).serve_forever()
END
spawn b "$python" "$scratch/hook.py" "$scratch/hook" 2>/dev/null
delivered_later "a disk with room again" "$scratch/disk/alerts"
delivered_later "a webhook that lives again" "$scratch/hook"
says_once "that it does is one line" 'webhook:http://127.0.0.1:8099/: delivers again; 0 were given up'
weir_stop
is "the watching ends well" $? 0
is "what the other webhook missed is counted" \
	"$(grep -o 'webhook:http://127.0.0.1:9/: 0 delivered, [0-9]* not' "$scratch/err" | grep -o '[0-9]* not')" \
	"$(wc -l <"$alerts") not"
is "of the others nothing is missing" "$(said '[1-9][0-9]* not$')" 1
finish
