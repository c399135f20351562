# SPDX-License-Identifier: Apache-2.0
"""TLS servers beside those of support/webserver.py, run as ourselves (or with few rights where we are root) on the loopback address."""

import os
import pathlib

from support import webserver


class Apache(webserver.WebServer):
    """`tls` are directives beside the certificate."""

    CONFIGURATION = """
ServerRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn ssl:debug
Mutex file:{folder} default
Listen 127.0.0.1:{port}
ServerName localhost
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule ssl_module {modules}/mod_ssl.so
SSLStaplingCache shmcb:{folder}/stapling(65536)
DocumentRoot {folder}
<VirtualHost 127.0.0.1:{port}>
SSLEngine on
SSLCertificateFile {site}/{certificate}.chain.pem
SSLCertificateKeyFile {site}/{certificate}.key
{tls}
</VirtualHost>
"""

    def __init__(self, folder, site, tls, certificate="server"):
        super().__init__(folder)
        self.configuration = self.folder / "apache.conf"
        modules = pathlib.Path("/usr/lib/apache2/modules")
        # Started as root it wants somebody to become.
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        self.configuration.write_text(self.CONFIGURATION.format(folder=self.folder, port=self.port, user=user, modules=modules,
                                                                site=site.folder, certificate=certificate, tls=tls))

    def command(self):
        return [webserver.program_path("apache2"), "-X", "-f", str(self.configuration)]


class Stunnel(webserver.WebServer):
    """TLS before vouch itself, which does for an HTTP server; `service` are options of the service."""

    CONFIGURATION = """
foreground = yes
debug = info
pid =
[service]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind}
cert = {site}/server.chain.pem
key = {site}/server.key
{service}
"""

    def __init__(self, folder, site, service):
        super().__init__(folder)
        self.configuration = self.folder / "stunnel.conf"
        self.configuration.write_text(self.CONFIGURATION.format(port=self.port, behind=site.port, site=site.folder, service=service))

    def command(self):
        return [webserver.program_path("stunnel4"), str(self.configuration)]
