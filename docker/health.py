"""Health check of the images: ask the app in this container whether it answers.

Status 0 when it does, 1 when not. It speaks TLS, or plain HTTP behind a proxy; the certificate
is not checked, since the question never leaves the container.

    python health.py PORT
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys

TIMEOUT_S = 4.0


def answers(connection: http.client.HTTPConnection) -> bool:
    """Tell whether the app at the other end says that it is well."""
    try:
        connection.request("GET", "/ld/health")
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read(100)) == {"status": "ok"}
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def main() -> int:
    """Return the status of the check."""
    port = int(sys.argv[1])
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    secure = http.client.HTTPSConnection("127.0.0.1", port, timeout=TIMEOUT_S, context=context)
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    return 0 if answers(secure) or answers(plain) else 1


if __name__ == "__main__":
    sys.exit(main())
