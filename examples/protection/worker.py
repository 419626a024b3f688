"""A worker that is not stopped at work. Put your queue in place of standard input, where a line is a message:
a name, and how many seconds its work takes."""
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

MUSTER = os.environ.get("MUSTER_URL", "http://muster.muster:8787")
TOKEN_FILE = os.environ.get("MUSTER_TOKEN_FILE", "/var/run/secrets/muster/token")
PROTECT_SECONDS = int(os.environ.get("PROTECT_SECONDS", "600"))


def ask_muster(method, body=None):
    """Returns the status of the answer, or 0 where there is none."""
    try:
        # Read each time: the kubelet replaces the token before it expires.
        with open(TOKEN_FILE) as file:
            headers = {"Authorization": f"Bearer {file.read().strip()}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{MUSTER}/api/v1/protection", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        if error.code != 409:
            print(f"not protected: {error.read().decode()}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"not protected: {error}", file=sys.stderr)
        return 0


def protect():
    """False: this worker is about to be stopped, and must not begin. Without an answer, it works unprotected."""
    return ask_muster("PUT", {"expiresInSeconds": PROTECT_SECONDS}) != 409


def work(message):
    print(f"began {message}", flush=True)
    finished = threading.Event()

    def renew():
        while not finished.wait(PROTECT_SECONDS / 3):
            protect()

    renewal = threading.Thread(target=renew)
    renewal.start()
    time.sleep(float(message.split()[1]))
    finished.set()
    renewal.join()
    print(f"finished {message}", flush=True)


is_working = is_stopping = False


def stop(*_):
    global is_stopping
    is_stopping = True
    if not is_working:
        sys.exit()


signal.signal(signal.SIGTERM, stop)
for message in map(str.strip, sys.stdin):
    is_working = True
    if protect():
        work(message)
        ask_muster("DELETE")
    else:
        # RabbitMQ: nack with requeue; SQS: visibility time-out 0; beanstalkd: release.
        print(f"gave back {message}", flush=True)
        time.sleep(5)
    is_working = False
    if is_stopping:
        break
