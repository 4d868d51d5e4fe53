"""Ports, and the services that listen there: which ones the internet may reach, and which ones attackers look for.

Sources: the ports of Security Hub's controls EC2.18 and EC2.19
(https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19), and IANA's registry
(https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml) for the others.
"""

from __future__ import annotations

from collections.abc import Mapping

PUBLIC: Mapping[str, frozenset[int]] = {
    "tcp": frozenset({80, 443}),
    "udp": frozenset({443, 500, 1194, 4500, 51820}),
}
"""Ports of services that are made for the internet: the web, and VPNs over UDP."""
WITHOUT_PORTS = frozenset({"icmp", "icmpv6", "esp", "ah"})
"""Protocols that carry no service: echo and errors, and IPsec."""
RISKY: Mapping[int, str] = {
    20: "FTP",
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    25: "SMTP",
    110: "POP3",
    111: "RPC",
    135: "RPC",
    139: "NetBIOS",
    143: "IMAP",
    389: "LDAP",
    445: "SMB",
    873: "rsync",
    1433: "SQL Server",
    1434: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2181: "ZooKeeper",
    2375: "Docker",
    2376: "Docker",
    2379: "etcd",
    3000: "a development server",
    3306: "MySQL",
    3389: "RDP",
    4333: "mSQL",
    5000: "a development server",
    5432: "PostgreSQL",
    5439: "Redshift",
    5500: "VNC",
    5601: "OpenSearch Dashboards",
    5672: "AMQP",
    5900: "VNC",
    5984: "CouchDB",
    5985: "WinRM",
    5986: "WinRM",
    6379: "Redis",
    6443: "Kubernetes",
    8020: "Hadoop",
    8080: "a proxy",
    8086: "InfluxDB",
    8088: "an alternative web server",
    8182: "Neptune",
    8888: "an alternative web server",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "OpenSearch",
    9300: "OpenSearch",
    10250: "Kubernetes",
    11211: "Memcached",
    27017: "MongoDB",
    27018: "MongoDB",
    27019: "MongoDB",
}
"""Ports of remote administration, databases and caches, file shares and mail, and development."""
