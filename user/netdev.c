// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Interfaces by ioctl and sysfs.
 *
 * Whether native XDP is worth it is a list of drivers and no probe: trying would reset the link of
 * some, and veth, tun, bonding and virtio_net accept it at a price (no GRO, locked queues), so that
 * TC is the better choice there.
 */
#include "netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_NONE  0xfffe /* ARPHRD_NONE: tun, WireGuard */
#define TYPE_RAWIP 519    /* ARPHRD_RAWIP of newer headers */

static const char *const native_drivers[] = {
	"ixgbe",     "ixgbevf",   "i40e",      "ice",           "igb",
	"igc",       "mlx4_en",   "mlx5_core", "bnxt_en",       "nfp",
	"qede",      "sfc",       "ena",       "gve",           "mvneta",
	"mvpp2",     "stmmac",    "dpaa2-eth", "fsl_dpaa2_eth", "thunder-nicvf",
	"octeontx2", "hv_netvsc", "atlantic",  "enetc",         "tsnep",
};

static bool driver_is_native(const char *driver)
{
	size_t i;

	for (i = 0; i < sizeof(native_drivers) / sizeof(native_drivers[0]); i++)
		if (!strcmp(driver, native_drivers[i]))
			return true;
	return false;
}

static bool type_is_bare_ip(unsigned int type)
{
	return type == TYPE_NONE || type == ARPHRD_PPP || type == ARPHRD_TUNNEL ||
	       type == ARPHRD_TUNNEL6 || type == ARPHRD_SIT || type == ARPHRD_IPGRE ||
	       type == TYPE_RAWIP;
}

static void read_driver(int fd, struct netdev *dev)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, dev->name, sizeof(dev->name));
	request.ifr_data = (void *)&info;
	if (!ioctl(fd, SIOCETHTOOL, &request))
		snprintf(dev->driver, sizeof(dev->driver), "%s", info.driver);
	dev->native_xdp = driver_is_native(dev->driver);
}

int netdev_read(const char *name, struct netdev *dev)
{
	struct ifreq request = { 0 };
	int fd, error = 0;

	memset(dev, 0, sizeof(*dev));
	if (!*name || strlen(name) >= sizeof(dev->name))
		return -ENODEV;
	memcpy(dev->name, name, strlen(name));
	dev->ifindex = if_nametoindex(name);
	if (!dev->ifindex)
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, dev->name, sizeof(dev->name));
	if (ioctl(fd, SIOCGIFFLAGS, &request)) {
		error = -errno;
		goto out;
	}
	dev->up = request.ifr_flags & IFF_UP;
	dev->loopback = request.ifr_flags & IFF_LOOPBACK;
	if (!ioctl(fd, SIOCGIFMTU, &request))
		dev->mtu = request.ifr_mtu;
	if (!ioctl(fd, SIOCGIFHWADDR, &request))
		dev->type = request.ifr_hwaddr.sa_family;
	dev->has_link_layer = dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK;
	dev->supported = dev->has_link_layer || type_is_bare_ip(dev->type);
	read_driver(fd, dev);
out:
	close(fd);
	return error;
}

uint64_t netdev_counter(const char *name, const char *counter)
{
	unsigned long long value = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, counter);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

void netdev_list(char *text, size_t size)
{
	struct if_nameindex *all = if_nameindex(), *i;
	size_t used = 0;

	*text = '\0';
	for (i = all; i && i->if_index; i++)
		if (used + strlen(i->if_name) + 3 < size)
			used += snprintf(text + used, size - used, "%s%s", used ? ", " : "",
			                 i->if_name);
	if_freenameindex(all);
}
