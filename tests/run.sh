#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh [PATTERN]: build and run the tests, tier by tier; with PATTERN only the files it matches.
#
#   unit     tests/test_*.c with ASan and UBSan
#   kernel   tests/bpf/test_*.c, as root; exit code 77: skipped, the last line tells why
#   e2e      executable tests/e2e/*.sh and tests/oracle/*.sh
#   fuzz     executable tests/fuzz/*.sh, after building build/NAME for each tests/fuzz/NAME.c
#   house    tests/house.sh
#
# A test file prints a line a result: "ok - WHAT", "not ok - WHAT", "skip - WHAT: WHY", or TAP. A
# file that fails without such a line, crashes, is too slow or prints no result is one failure. A
# script with a line "# needs: root" is run with rights, the others without more than there are;
# rights come from being root or from sudo, else the file is skipped aloud. Scripts are given
# PYTHON, a python3 that has scapy and pandas where there is one.
#
# The last line is "N passed, N failed" with ", N skipped" if any were. Each file's output stays in
# build/tests/.
set -u
cd "$(dirname "$0")/.." || exit 1

limit_s=900
logs=build/tests
pattern=${1-}
passed=0
failed=0
skips=()
child=

stop()
{
	[ -n "$child" ] && kill "$child" 2>/dev/null
	exit 130
}
trap stop INT TERM

# Sets rights to the words that run a command as root, or rights_missing to why there are none.
find_rights()
{
	local name

	rights=()
	rights_missing=
	[ "$(id -u)" -eq 0 ] && return
	rights_missing="needs root: run make test as root, or where sudo works"
	command -v sudo >/dev/null || return
	if ! sudo -n true 2>/dev/null; then
		[ -t 0 ] || return
		echo "the kernel tests need root"
		sudo -v || return
	fi
	rights=(sudo -n env "PATH=$PATH" "PYTHON=$PYTHON" "CMOCKA_MESSAGE_OUTPUT=TAP")
	for name in $(compgen -e WEIR_); do
		rights+=("$name=${!name}")
	done
	rights_missing=
}

find_python()
{
	for PYTHON in python3 /usr/bin/python3; do
		"$PYTHON" -c 'import importlib.util as u
exit(not (u.find_spec("scapy") and u.find_spec("pandas")))' 2>/dev/null && break
	done
	export PYTHON
}

is_wanted()
{
	[[ -e $1 && $1 == *"$pattern"* ]]
}

# build_failed SAN TARGET...: build, SAN=1 with the sanitizers; print the targets that cannot be.
build_failed()
{
	local san=$1 target

	shift
	[ $# -eq 0 ] && return
	make -s -k -j"$(nproc)" "SAN=$san" "$@" >"$logs/build.log" 2>&1 && return
	sed -i '/^  [A-Z]* *[^ ]*$/d' "$logs/build.log" # what went well
	for target; do
		make -s -q "SAN=$san" "$target" >/dev/null 2>&1 || echo "$target"
	done
}

# Count the results in log $1: "PASSED FAILED RESULTS NOT-RUN", then the skipped, one a line.
count_results()
{
	awk '
		/^1\.\.[0-9]+[[:space:]]*$/ { planned += substr($1, 4); next }
		/^(not )?ok .*# SKIP/ {
			tap++
			what = $0
			sub(/^(not )?ok [0-9]* *(- )?/, "", what)
			sub(/# SKIP */, "", what)
			skip[++skipped] = what
			next
		}
		/^skip - / { skip[++skipped] = substr($0, 8); next }
		/^not ok( |$)/ { failed++; next }
		/^ok( |$)/ { passed++; next }
		END {
			all = passed + failed
			print passed + 0, failed + 0, all + skipped, planned ? planned - all - tap : 0
			for (i = 1; i <= skipped; i++)
				print skip[i]
		}' "$1"
}

# Why a file that ended with code $1 failed, beyond the results it printed; nothing if it did not.
verdict()
{
	local code=$1 failures=$2 results=$3 unrun=$4

	if [ "$code" -eq 124 ]; then
		echo "stopped after $limit_s s"
	elif [ "$code" -gt 128 ]; then
		echo "killed by SIG$(kill -l $((code - 128)))"
	elif [ "$code" -ne 0 ] && [ "$failures" -eq 0 ]; then
		echo "exit code $code"
	elif [ "$results" -eq 0 ]; then
		echo "printed no result"
	elif [ "$unrun" -gt 0 ]; then
		echo "ended with $unrun tests to go"
	fi
}

# print_file STATE NAME WHAT MILLISECONDS
print_file()
{
	printf '  %-4s %4d.%d s  %-32s %s\n' "$1" $(($4 / 1000)) $(($4 / 100 % 10)) "$2" "$3"
}

# fail_file NAME WHY LOG MILLISECONDS
fail_file()
{
	print_file FAIL "$1" "$2" "$4"
	sed 's/^/        /' "$3"
}

skip_file()
{
	skips+=("$1: $2")
	print_file skip "$1" "$2" 0
}

# run_file NAME COMMAND...: run one test file and count what it says.
run_file()
{
	local name=$1 log code why text start ms counts skipped p f results unrun

	shift
	log=$logs/${name//\//_}.log
	start=$(date +%s%N)
	# In the background, so that Ctrl-C is heard at once; there bash would ignore SIGINT.
	env --default-signal=INT,QUIT "$@" >"$log" 2>&1 </dev/null &
	child=$!
	wait "$child" 2>/dev/null
	code=$?
	child=
	ms=$((($(date +%s%N) - start) / 1000000))
	mapfile -t counts < <(count_results "$log")
	read -r p f results unrun <<<"${counts[0]}"
	skipped=("${counts[@]:1}")
	if [ "$code" -eq 77 ] && [ "$f" -eq 0 ]; then
		skipped+=("$(grep -v '^[[:space:]]*$' "$log" | tail -n 1)")
		why=
	else
		why=$(verdict "$code" "$f" "$results" "$unrun")
	fi
	[ -n "$why" ] && f=$((f + 1))
	passed=$((passed + p))
	failed=$((failed + f))
	for text in "${skipped[@]}"; do
		skips+=("$name: $text")
	done
	text="$p passed"
	[ "$f" -gt 0 ] && text+=", $f failed"
	[ ${#skipped[@]} -gt 0 ] && text+=", ${#skipped[@]} skipped"
	if [ "$f" -gt 0 ]; then
		fail_file "$name" "$text${why:+: $why}" "$log" "$ms"
	else
		print_file ok "$name" "$text" "$ms"
	fi
}

# run_built HOW TARGET...: build programs and run them; HOW is plain or root.
run_built()
{
	local how=$1 target name broken shown=$logs/build.log

	shift
	broken=$(build_failed "$([ "$how" = plain ] && echo 1)" "$@")
	[ "$how" = root ] && [ -n "$rights_missing" ] && how=skip
	for target; do
		name=${target#build/*/}
		if grep -qxF "$target" <<<"$broken"; then
			failed=$((failed + 1))
			fail_file "$name" "1 failed: does not build" "$shown" 0
			shown=/dev/null
		elif [ "$how" = skip ]; then
			skip_file "$name" "$rights_missing"
		elif [ "$how" = root ]; then
			run_file "$name" "${rights[@]}" timeout -k 10 $limit_s "$target"
		else
			run_file "$name" timeout -k 10 $limit_s "$target"
		fi
	done
}

run_script()
{
	if ! grep -q '^# needs: root' "$1"; then
		run_file "$1" timeout -k 10 $limit_s "$1"
	elif [ -n "$rights_missing" ]; then
		skip_file "$1" "$rights_missing"
	else
		run_file "$1" "${rights[@]}" timeout -k 10 $limit_s "$1"
	fi
}

# run_scripts TARGET... -- SCRIPT...: build what the scripts use, then run them. What does not
# build is a failure of its own; the scripts are run all the same.
run_scripts()
{
	local broken needed=() script

	while [ "$1" != -- ]; do
		needed+=("$1")
		shift
	done
	shift
	[ $# -eq 0 ] && return
	broken=$(build_failed "" "${needed[@]}")
	if [ -n "$broken" ]; then
		failed=$((failed + 1))
		fail_file make "1 failed: does not build: ${broken//$'\n'/ }" "$logs/build.log" 0
	fi
	for script; do
		run_script "$script"
	done
}

# scripts FILE...: the wanted ones of these that can be run.
scripts()
{
	local file

	for file; do
		is_wanted "$file" && [ -x "$file" ] && echo "$file"
	done
}

# targets FOLDER FILE...: what is made in FOLDER of the wanted ones of these sources.
targets()
{
	local folder=$1 file

	shift
	for file; do
		is_wanted "$file" && echo "$folder/${file%.c}"
	done
}

mkdir -p "$logs" || exit 1
export CMOCKA_MESSAGE_OUTPUT=TAP
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
find_python
find_rights
if [ -z "${WEIR_CAPTURES-}" ]; then
	echo "WEIR_CAPTURES is not set: cases on extra captures are skipped"
fi

echo unit
mapfile -t files < <(targets build/san tests/test_*.c)
run_built plain "${files[@]}"

echo kernel
mapfile -t files < <(targets build/obj tests/bpf/test_*.c)
run_built root "${files[@]}"

echo "end to end"
mapfile -t files < <(scripts tests/e2e/*.sh tests/oracle/*.sh)
run_scripts all -- "${files[@]}"

echo fuzz
mapfile -t programs < <(targets build tests/fuzz/fuzz_*.c | sed 's,/tests/fuzz,,')
mapfile -t files < <(scripts tests/fuzz/*.sh)
run_scripts "${programs[@]}" -- "${files[@]}"

echo house
mapfile -t files < <(scripts tests/house.sh)
run_scripts -- "${files[@]}"

echo
if [ ${#skips[@]} -gt 0 ]; then
	echo "skipped:"
	printf '  %s\n' "${skips[@]}"
fi
[ $((passed + failed)) -eq 0 ] && echo "nothing ran"
summary="$passed passed, $failed failed"
[ ${#skips[@]} -gt 0 ] && summary+=", ${#skips[@]} skipped"
echo "$summary"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
