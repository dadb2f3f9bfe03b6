# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# cut_dev.sh: how the captures in WEIR_CAPTURES are cut to learn what hosts do and to try it;
# sourced by learn_dev.sh and watch_dev.sh, so that both speak of the same.
#
# Half of dev is learned from and the rest is normal, files in the order of their names. Some of dev
# are attacks by their names: these are not normal, but families of their own. A few of them are
# among what is learned from, as happens to whoever learns live.

# cut_dev DEV DIR: DIR/cut has, for each file: learn or try; normal or its family; its path.
cut_dev()
{
	find "$1" -type f ! -name '*.csv' ! -name '*.tsv' | LC_ALL=C sort |
		awk -v OFS='\t' '{
			name = $0
			sub(/.*\//, "", name)
			what = "normal"
			if (name ~ /^(bad-dns-traffic|dns_exfiltration|dns-tunnel|dns2tcp|icmp-tunnel)/)
				what = "dev-tunnel"
			else if (name ~ /bruteforce|sshguess/)
				what = "dev-logins"
			else if (name ~ /^(emotet|trickbot|malware|log4j|WebattackSQLinj|xss)/ ||
			    name ~ /heartbleed|CVE-|nmap|dhcp_flood/)
				what = "dev-malware"
			print NR % 2 ? "try" : "learn", what, $0
		}' >"$2/cut"
}

# attacks_of DIR: the same of each capture of sources.tsv; Modbus is "own", since its attacks are
# marked inside, and the good one of a pair is normal.
attacks_of()
{
	awk -F'\t' -v OFS='\t' -v d="$1" 'NR > 1 && $1 !~ /csv$/ {
		sub(/\+benign-pair/, $1 ~ /normal/ ? "" : "-hydra", $5)
		print "try", $1 ~ /normal/ ? "normal" : $5 ~ /modbus/ ? "own" : $5, d "/" $1
	}' "$1/sources.tsv"
}
