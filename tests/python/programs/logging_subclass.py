# SPDX-License-Identifier: Apache-2.0
# A responder with routes of its own: it keeps what was asked and answered, and is told what to say.
import base64
import json
import sys
import uuid
from datetime import datetime, timezone

import bottle
from asn1crypto import ocsp
from ocspresponder import CertificateStatus, OCSPResponder

STATUSES = {}


class Recorder(OCSPResponder):
    def __init__(self, *args, **kwargs):
        self._log = {}
        super().__init__(*args, **kwargs)

    def _route(self):
        super()._route()
        self._app.post("/status", callback=self._handle_post)
        self._app.get("/log/", callback=self._handle_log)
        self._app.get("/log/<name>", callback=self._handle_entry)
        self._app.post("/set_status/<serial:int>", callback=self._handle_set_status)

    def _record(self, request, response):
        name = str(uuid.uuid4())
        self._log[name] = {"request": base64.b64encode(request).decode(),
                           "response": base64.b64encode(response.body).decode()}
        return response

    def _handle_get(self, request_data):
        response = OCSPResponder._handle_get(self, request_data)
        return self._record(base64.b64decode(request_data), response)

    def _handle_post(self):
        body = bottle.request.body.read()
        bottle.request.body.seek(0)
        return self._record(body, self._build_http_response(self._parse_ocsp_request(body)))

    def _build_http_response(self, request):
        assert isinstance(request, ocsp.OCSPRequest)
        response = self._build_ocsp_response(request)
        return bottle.HTTPResponse(status=200, body=response.dump(), content_type="application/ocsp-response")

    def _handle_log(self):
        bottle.response.content_type = "application/json"
        return json.dumps(list(self._log))

    def _handle_entry(self, name):
        return self._log[name]

    def _handle_set_status(self, serial):
        status = bottle.request.json["status"]
        STATUSES[serial] = (CertificateStatus(status), datetime.now(timezone.utc))
        return {"serial": serial, "status": status}

    def serve(self, port=8080, debug=False):
        self._app.run(host="127.0.0.1", port=port, debug=debug, quiet=True)


def validate(serial):
    return STATUSES.get(serial, (CertificateStatus.good, None))


def get_cert(serial):
    with open(f"{sys.argv[1]}/leaf-{serial}.pem") as file:
        return file.read()


Recorder(issuer_cert=f"{sys.argv[1]}/ca.pem", responder_cert=f"{sys.argv[1]}/ocsp.pem",
         responder_key=f"{sys.argv[1]}/ocsp.key", validate_func=validate, cert_retrieve_func=get_cert,
         next_update_days=1).serve(port=int(sys.argv[2]), debug=True)
