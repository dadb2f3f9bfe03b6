#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The manual page is true: it names every command, option, field and cause that there is, and no
# other option or field. And `make install` puts binary and page where they belong, `make uninstall`
# takes them away.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
page=user/weir.8

# in_both WHAT FILE FILE: the sorted lists are the same.
in_both()
{
	is "$1" "$(comm -3 "$2" "$3" | tr '\n' ' ')" ""
}

"$weir" help | sed -n 's/^  \([a-z]*\)  *.*/\1/p' >"$scratch/commands"
while read -r command; do
	"$weir" help "$command"
done <"$scratch/commands" | sed -n 's/^  *\(-., \)\?--\([a-z0-9-]*\).*/\2/p' | sort -u >"$scratch/there"
{
	grep '^\.It Fl' "$page" | grep -o ' -[a-z0-9-]*' | sed 's/^ -//'
} | sort -u >"$scratch/told"
in_both "options of the program and of the manual page" "$scratch/there" "$scratch/told"

missing=
while read -r command; do
	grep -q "^\.It Cm $command" "$page" || missing+=" $command"
done <"$scratch/commands"
is "every command is in the manual page" "$missing" ""

"$weir" fields | awk 'NR > 1 && $1 !~ /^rev_/ { print $1 }' | sort >"$scratch/there"
sed -n '/^\.Sh FIELDS/,/^\.Sh COMPLETENESS/s/^\.It Li //p' "$page" | tr ' ' '\n' | sort >"$scratch/told"
in_both "fields of the program and of the manual page" "$scratch/there" "$scratch/told"

sed -n 's/^\tX(FLOW_[A-Z0-9_]*, "\([a-z0-9_]*\)".*/\1/p' bpf/flow.h | grep -vx flows | sort >"$scratch/there"
sed -n '/^\.Sh COMPLETENESS/,/^\.Sh SIGNALS/s/^\.Li //p' "$page" | tr -d ' ' | tr ',' '\n' |
	grep -vx no_memory | sed '/^$/d' | sort >"$scratch/told"
in_both "causes of the kernel programs and of the manual page" "$scratch/there" "$scratch/told"

if command -v groff >/dev/null; then
	is "the manual page formats without a warning" "$(groff -mdoc -Tutf8 -ww -z "$page" 2>&1)" ""
else
	skip "the manual page formats without a warning" "no groff"
fi

make -s install DESTDIR="$scratch/root" PREFIX=/usr >"$scratch/out" 2>&1
is "make install: what and where" "$(cd "$scratch/root" 2>/dev/null && find . -type f | sort)" \
	"./etc/default/weir
./usr/lib/systemd/system/weir@.service
./usr/lib/sysusers.d/weir.conf
./usr/lib/tmpfiles.d/weir.conf
./usr/sbin/weir
./usr/share/bash-completion/completions/weir
./usr/share/fish/vendor_completions.d/weir.fish
./usr/share/man/man5/weir-rules.5
./usr/share/man/man8/weir.8
./usr/share/zsh/site-functions/_weir"
is "the installed program runs" "$("$scratch/root/usr/sbin/weir" --version)" "$("$weir" --version)"
is "the installed unit starts the installed program" \
	"$(grep -o '^ExecStart=[^ ]*' "$scratch/root/usr/lib/systemd/system/weir@.service")" \
	ExecStart=/usr/sbin/weir
make -s uninstall DESTDIR="$scratch/root" PREFIX=/usr >"$scratch/out" 2>&1
is "make uninstall leaves no file" "$(find "$scratch/root" -type f)" ""
finish
