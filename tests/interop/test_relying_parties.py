# SPDX-License-Identifier: Apache-2.0
"""Programs that ask vouch before they trust a certificate, as their manuals say how: web servers about their clients and themselves,
TLS clients about servers, validators of whole paths, VPN gateways, languages' libraries."""

import glob
import os
import re
import shutil

import pytest

from support import rawhttp, webserver
from tls_servers import Apache, Stunnel
from two_tiers import TwoTiers


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = TwoTiers(tmp_path_factory.mktemp("site"))
    with made.server:
        yield made


def need(program, package):
    found = webserver.find(program)
    if not found:
        pytest.skip(f"{program} is not installed (package {package})")
    return found


# Servers that ask about their clients ------------------------------------------------------------------------------------

CLIENTS = {"client": True, "revoked_client": False, "unknown_client": False}


def check_clients(site, port, is_refused):
    """Only the good client gets in; each is asked about."""
    for name, welcome in CLIENTS.items():
        before = site.asked()
        code, status, output = site.https(port, name)
        assert is_refused(code, status) != welcome, f"{name}: {output}"
        assert site.asked() > before, f"{name}: nobody asked"


NGINX = """
        ssl_verify_client on;
        ssl_verify_depth 2;
        ssl_client_certificate {folder}/chain.pem;
        ssl_ocsp {which};
        location / {{ return 204; }}"""


@pytest.mark.parametrize("which", ["on", "leaf"])
def test_nginx_asks_about_its_clients(site, tmp_path, which):
    need("nginx", "nginx-light")
    tls = NGINX.format(folder=site.folder, which=which)
    with webserver.Nginx(tmp_path / "nginx", site.path("server.chain.pem"), site.path("server.key"), tls) as nginx:
        check_clients(site, nginx.port, lambda code, status: (code, status) != (0, 204))


APACHE = """
SSLCACertificateFile {folder}/chain.pem
SSLVerifyClient require
SSLVerifyDepth 2
SSLOCSPEnable on
SSLOCSPUseRequestNonce {nonce}
"""


@pytest.mark.parametrize("nonce", ["on", "off"])
def test_apache_asks_about_its_clients(site, tmp_path, nonce):
    need("apache2", "apache2-bin")
    with Apache(tmp_path / "apache", site, APACHE.format(folder=site.folder, nonce=nonce)) as apache:
        check_clients(site, apache.port, lambda code, status: code != 0)


STUNNEL = """
verifyChain = yes
CAfile = {folder}/chain.pem
OCSPaia = yes
OCSPnonce = {nonce}
"""


@pytest.mark.parametrize("nonce", ["yes", "no"])
def test_stunnel_asks_about_its_clients(site, tmp_path, nonce):
    need("stunnel4", "stunnel4")
    with Stunnel(tmp_path / "stunnel", site, STUNNEL.format(folder=site.folder, nonce=nonce)) as stunnel:
        check_clients(site, stunnel.port, lambda code, status: code != 0)


# Servers that staple, clients that want a staple ----------------------------------------------------------------------------


def test_apache_staples_what_vouch_says_and_curl_wants_it(site, tmp_path):
    need("apache2", "apache2-bin")
    stapling = f"SSLUseStapling on\nSSLCACertificateFile {site.path('chain.pem')}\n"
    with Apache(tmp_path / "apache", site, stapling) as apache:
        text = webserver.stapled(apache.port, site.path("root.pem"))
        assert "OCSP Response Status: successful" in text and "Cert Status: good" in text
        assert site.https(apache.port, None, "--cert-status")[0] == 0
    with Apache(tmp_path / "revoked", site, stapling, certificate="revoked_server") as apache:
        code, _, output = site.https(apache.port, None, "--cert-status")
        assert code == 91 and "revocation reason: keyCompromise" in output, output
    with Apache(tmp_path / "without", site, "") as apache:
        assert site.https(apache.port, None, "--cert-status")[0] == 91
        assert site.https(apache.port)[0] == 0


def test_gnutls_cli_believes_the_staple_and_asks_by_itself(site, tmp_path):
    need("gnutls-cli", "gnutls-bin")
    for name, works in (("server", True), ("revoked_server", False)):
        with Apache(tmp_path / name, site, "", certificate=name) as apache:
            before = site.asked()
            code, output = site.run("gnutls-cli", "--ocsp", "--x509cafile", "root.pem", "--port", apache.port, "localhost")
            assert (code == 0) == works and site.asked() > before, output
            assert ("certificate not revoked" if works else "Certificate was revoked") in output, output


# Validators of whole paths ----------------------------------------------------------------------------------------------------

JAVA = """
import java.io.*; import java.security.cert.*; import java.util.*;
public class Path {
    public static void main(String[] a) throws Exception {
        CertificateFactory f = CertificateFactory.getInstance("X.509");
        X509Certificate root = (X509Certificate) f.generateCertificate(new FileInputStream(a[0]));
        for (int i = 1; i < a.length; i++) {
            List<Certificate> path = new ArrayList<>(f.generateCertificates(new FileInputStream(a[i])));
            CertPathValidator v = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) v.getRevocationChecker();
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
            PKIXParameters p = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
            p.addCertPathChecker(checker);
            String result = "good";
            try { v.validate(f.generateCertPath(path), p); }
            catch (CertPathValidatorException e) { result = e.getReason() + " " + e.getMessage(); }
            System.out.println(a[i] + ": " + result);
        }
    }
}
"""
JAVAS = {os.path.realpath(path): path for path in [*glob.glob("/usr/lib/jvm/*/bin/java"), shutil.which("java")] if path}
# Properties of the virtual machine, and the method that they make it ask with.
JAVA_WAYS = {"plain": ([], "GET"), "nonce": (["-Djdk.security.certpath.ocspNonce=true"], None),
             "post": (["-Dcom.sun.security.ocsp.useget=false"], "POST")}


@pytest.mark.parametrize("way", JAVA_WAYS)
def test_java_validates_a_path_by_ocsp_alone(site, way):
    if not JAVAS:
        pytest.skip("java is not installed")
    properties, method = JAVA_WAYS[way]
    (site.folder / "Path.java").write_text(JAVA)
    for java in JAVAS.values():
        before, by_method = site.asked(), site.asked(method=method) if method else 0
        signed = site.server.metric("vouch_signatures_total")
        code, output = site.run(java, *properties, "Path.java", "root.pem", *[f"{name}.chain.pem" for name in CLIENTS], deadline=120)
        assert code == 0, output
        assert re.search(r"^client.chain.pem: good$", output, re.M), output
        assert re.search(r"^revoked_client.chain.pem: REVOKED .*KEY_COMPROMISE", output, re.M), output
        assert re.search(r"^unknown_client.chain.pem: UNDETERMINED_REVOCATION_STATUS", output, re.M), output
        asked = site.asked() - before
        assert asked == 2 * len(CLIENTS) and (method is None or site.asked(method=method) - by_method == asked)
        # An answer with a nonce is nobody else's.
        assert way != "nonce" or site.server.metric("vouch_signatures_total") - signed == asked, java


def test_strongswan_validates_a_path_online(site):
    need("pki", "strongswan-pki")
    if not glob.glob("/usr/lib/ipsec/plugins/libstrongswan-curl.so"):
        pytest.skip("strongSwan's pki fetches nothing (package libcharon-extra-plugins)")
    # It wants both certificates confirmed; what is unknown it leaves open, which charon forgives unless it is told `revocation = strict`.
    for name, code, words in (("client", 0, "certificate not revoked"), ("revoked_client", 1, "certificate was revoked on"),
                              ("unknown_client", 0, "revocation checking failed")):
        before = site.asked()
        exit_code, output = site.run("pki", "--verify", "--in", f"{name}.pem", "--cacert", "root.pem", "--cacert", "issuing.pem", "--online")
        assert exit_code == code and words in output, output
        assert "ocsp response correctly signed by" in output and site.asked() > before


def test_nss_validates_a_path_by_get(site, tmp_path):
    """The library of Firefox and of what Red Hat makes: what GET calls unknown it asks for once more by POST."""
    need("vfychain", "libnss3-tools")
    database = f"sql:{tmp_path}"
    site.run("certutil", "-N", "-d", database, "--empty-password")
    site.run("certutil", "-A", "-d", database, "-n", "root", "-t", "CT,,", "-i", "root.pem")
    site.run("certutil", "-A", "-d", database, "-n", "issuing", "-t", ",,", "-i", "issuing.pem")
    for name, welcome in CLIENTS.items():
        before = site.asked(method="GET")
        code, output = site.run("vfychain", "-d", database, "-pp", "-u", "0", "-g", "leaf", "-m", "ocsp", "-s", "failIfNoInfo", "-a", f"{name}.pem")
        assert (code == 0) == welcome and ("Chain is good" if welcome else "Peer's Certificate has been revoked") in output, output
        assert site.asked(method="GET") > before


# Clients in full ---------------------------------------------------------------------------------------------------------------

GOOD, REVOKED, UNKNOWN = "client.pem: good", "revoked_client.pem: revoked", "unknown_client.pem: unknown"
ALL = ["-cert", "client.pem", "-cert", "revoked_client.pem", "-cert", "unknown_client.pem"]
# What is put before -url, and what the answer has to say; the issuer is the issuing CA.
OPENSSL = {
    "several certificates": (ALL, [GOOD, REVOKED, UNKNOWN]),
    "serial numbers in every spelling": (["-serial", "0x21", "-serial", "34", "-serial", "0X23"],
                                         ["0x21: good", "34: revoked", "0X23: unknown"]),
    "a hash for each": (["-sha256", "-cert", "client.pem", "-sha512", "-cert", "revoked_client.pem", "-sha1", "-cert", "unknown_client.pem"],
                        [GOOD, REVOKED, UNKNOWN]),
    "a signed request": ([*ALL, "-signer", "client.pem", "-signkey", "client.key", "-sign_other", "chain.pem"], [GOOD, REVOKED, UNKNOWN]),
    "no nonce": ([*ALL, "-no_nonce"], [GOOD, REVOKED, UNKNOWN]),
    "the responder's certificate at hand": ([*ALL, "-VAfile", "issuing-ocsp.pem"], [GOOD, REVOKED, UNKNOWN]),
    "only the root": ([*ALL, "-verify_other", "issuing.pem"], [GOOD, REVOKED, UNKNOWN]),
    "young answers only": ([*ALL, "-status_age", "86400", "-validity_period", "5"], [GOOD, REVOKED, UNKNOWN]),
    "a header more": ([*ALL, "-header", "X-Forwarded-For=192.0.2.1"], [GOOD, REVOKED, UNKNOWN]),
    "another host's name": ([*ALL, "-header", "Host=ocsp.example.com"], [GOOD, REVOKED, UNKNOWN]),
}


@pytest.mark.parametrize("way", ["url", "host and path"])
@pytest.mark.parametrize("what", OPENSSL)
def test_openssl_ocsp_asks_in_every_way_that_it_has(site, what, way):
    options, lines = OPENSSL[what]
    where = ["-url", site.url] if way == "url" else ["-host", f"127.0.0.1:{site.port}", "-path", "/"]
    roots = "root.pem" if what == "only the root" else "chain.pem"
    code, output = site.run("openssl", "ocsp", "-issuer", "issuing.pem", *options, *where, "-CAfile", roots)
    assert code == 0 and "Response verify OK" in output, output
    assert [line for line in output.splitlines() if re.match(r"\S+: ", line)] == lines and "WARNING" not in output


def test_certificates_of_two_cas_in_one_request_get_nothing_wrong(site):
    """One signature cannot stand for both (conformance.md D-08): the first CA is answered for, a revoked certificate is never called unknown."""
    def ask(second):
        return site.run("openssl", "ocsp", "-issuer", "root.pem", "-cert", "issuing.pem", "-issuer", "issuing.pem", "-cert", second, "-url",
                        site.url, "-CAfile", "chain.pem")[1]
    both = ask("client.pem")
    assert "issuing.pem: good" in both and "client.pem: unknown" in both, both
    assert "Responder Error: unauthorized" in ask("revoked_client.pem")


RUBY = """
require "openssl"; require "net/http"
issuer = OpenSSL::X509::Certificate.new(File.read("issuing.pem"))
store = OpenSSL::X509::Store.new
store.add_file("root.pem")
ARGV.drop(1).each do |name|
  certificate = OpenSSL::X509::Certificate.new(File.read(name))
  id = OpenSSL::OCSP::CertificateId.new(certificate, issuer, OpenSSL::Digest.new("SHA256"))
  request = OpenSSL::OCSP::Request.new.add_certid(id).add_nonce
  http = Net::HTTP.post(URI(ARGV[0]), request.to_der, "Content-Type" => "application/ocsp-request")
  basic = OpenSSL::OCSP::Response.new(http.body).basic
  abort "signature" unless basic.verify([issuer], store)
  abort "nonce" unless request.check_nonce(basic) == 1
  single = basic.find_response(id)
  abort "times" unless single.check_validity
  puts "#{name}: #{%w[good revoked unknown][single.cert_status]}"
end
"""
PERL = """
use strict; use warnings; use Net::SSLeay; use HTTP::Tiny;
Net::SSLeay::load_error_strings(); Net::SSLeay::SSLeay_add_ssl_algorithms(); Net::SSLeay::OpenSSL_add_all_digests();
my ($url, @names) = @ARGV;
for my $name (@names) {
    my $context = Net::SSLeay::CTX_new();
    Net::SSLeay::CTX_load_verify_locations($context, "chain.pem", "");
    my $ssl = Net::SSLeay::new($context);
    Net::SSLeay::use_certificate_chain_file($ssl, $name =~ s/pem$/chain.pem/r) or die "chain";
    my $certificate = Net::SSLeay::PEM_read_bio_X509(Net::SSLeay::BIO_new_file($name, "r"));
    my $id = Net::SSLeay::OCSP_cert2ids($ssl, $certificate);
    my $asked = Net::SSLeay::i2d_OCSP_REQUEST(Net::SSLeay::OCSP_ids2req($id));
    my $http = HTTP::Tiny->new->post($url, { content => $asked, headers => { "Content-Type" => "application/ocsp-request" } });
    my $response = Net::SSLeay::d2i_OCSP_RESPONSE($http->{content}) or die "no response";
    eval { Net::SSLeay::OCSP_response_verify($ssl, $response) } or die "signature";
    my ($result) = Net::SSLeay::OCSP_response_results($response, $id);
    my $status = $result->[2]{statusType};
    print "$name: ", $status == Net::SSLeay::V_OCSP_CERTSTATUS_GOOD() ? "good" : $status == Net::SSLeay::V_OCSP_CERTSTATUS_REVOKED() ? "revoked" : "unknown", "\n";
}
"""
LIBRARIES = {"ruby": (["ruby", "-W0", "-e", RUBY], "ruby"), "perl": (["perl", "-e", PERL], "libnet-ssleay-perl")}


@pytest.mark.parametrize("language", LIBRARIES)
def test_libraries_of_languages_believe(site, language):
    command, package = LIBRARIES[language]
    need(command[0], package)
    if language == "perl" and site.run("perl", "-MNet::SSLeay", "-e1")[0] != 0:
        pytest.skip(f"Perl has no Net::SSLeay (package {package})")
    code, output = site.run(*command, site.url, "client.pem", "revoked_client.pem", "unknown_client.pem")
    assert code == 0 and output.splitlines() == [GOOD, REVOKED, UNKNOWN], output
