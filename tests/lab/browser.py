"""Looks at a page in Chromium, through its DevTools pipe, and prints what it saw as one JSON object.

browser.py [--axe FILE] [--shots FOLDER] [--expect VERDICTS] PAGE

What is looked at: requests, violations of the page's policy, dialogs, elements and attributes that are not the page's own,
axe-core in light and dark, the filter by keyboard, links into the page, the page without JavaScript, its print as PDF, its
width on a phone, and when it was first painted.
"""

import argparse
import base64
import fcntl
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time
import unicodedata

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--force-color-profile=srgb", "--remote-debugging-pipe",
]
TAGS = set("""a bdi body br button caption code dd desc details div dl dt em footer form h1 h2 h3 head header html input label li
main meta nav ol option output p pre rect script section select small span strong style summary svg table tbody td th thead
time title tr ul circle g line path polyline text""".split())


class Browser:
    """Chromium, spoken to over file descriptors 3 and 4: no port is open."""

    def __init__(self, folder):
        to_browser, from_us = os.pipe()
        to_us, from_browser = os.pipe()

        def connect():
            # By way of high numbers, so that neither overwrites the other.
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        command = ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self.process = subprocess.Popen(
            command, preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self.write, self.read = os.fdopen(from_us, "wb", buffering=0), to_us
        self.buffer, self.count, self.events, self.session = b"", 0, [], None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def message(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("Chromium does not answer")
            if select.select([self.read], [], [], left)[0]:
                part = os.read(self.read, 1 << 16)
                if not part:
                    raise ConnectionError("Chromium ended")
                self.buffer += part
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def send(self, method, timeout=120, **params):
        self.count += 1
        number, message = self.count, {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.write.write(json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self.message(deadline)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)
                if answer["method"] == "Page.javascriptDialogOpening":
                    self.dismiss()

    def dismiss(self):
        self.count += 1
        message = {"id": self.count, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
        self.write.write(json.dumps({**message, "sessionId": self.session}).encode() + b"\0")

    def wait(self, method, timeout=60):
        deadline = time.monotonic() + timeout
        while not any(event["method"] == method for event in self.events):
            self.events.append(self.message(deadline))

    def open(self, url):
        self.events.clear()
        self.send("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def run(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", str(result)))
        return result["result"].get("value")

    def named(self, method):
        return [event["params"] for event in self.events if event["method"] == method]

    def look(self, **features):
        given = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items() if name != "media"]
        self.send("Emulation.setEmulatedMedia", media=features.get("media", ""), features=given)

    def size(self, width, height, mobile=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def key(self, key, code=None, text=None):
        common = {"key": key, "code": code or key}
        if text:
            common["text"] = text
        virtual = {"Tab": 9, "Enter": 13, "ArrowDown": 40, " ": 32}.get(key)
        if virtual:
            common["windowsVirtualKeyCode"] = virtual
        self.send("Input.dispatchKeyEvent", type="keyDown", **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        for character in text:
            self.key(character, text=character)

    def shoot(self, path, whole=False):
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        try:
            self.session = None
            self.send("Browser.close", timeout=5)
        except (TimeoutError, ConnectionError, BrokenPipeError, RuntimeError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


WATCH = """
window.__seen = [];
addEventListener('securitypolicyviolation', (it) => __seen.push(it.violatedDirective + ' ' + it.blockedURI));
"""
STRANGE = """
(() => {
  const tags = new Set(%s), strange = [];
  for (const element of document.querySelectorAll('*')) {
    if (!tags.has(element.localName)) strange.push('<' + element.localName + '>');
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on') || name === 'style' || name === 'src' || /^\\s*(javascript|data):/i.test(value)) {
        strange.push(name + '=' + value.slice(0, 60));
      }
    }
  }
  return strange.slice(0, 10);
})()
"""
HIDES = r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
SHOWN = "[...document.querySelectorAll('.verdicts tbody tr:not([data-element])')].filter((it) => !it.hidden).length"


def axe(browser, source):
    """Violations with everything open; the script has to pass the page's policy, so that is off for it."""
    browser.run(source + "\n;0")
    found = browser.run("""axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
        .then((it) => it.violations.map((rule) => rule.id + ': ' + rule.nodes.slice(0, 3).map((node) =>
            node.target.join(' ') + ' ' + (node.failureSummary || '').replace(/\\s+/g, ' ')).join(' | ')))""")
    return found


def keyboard(browser):
    """Types a filter without a pointer, and looks at what is left."""
    seen = {"all": browser.run(SHOWN), "hidden": browser.run("document.getElementById('filter').hidden")}
    browser.key("/", "Slash", "/")
    seen["focus"] = browser.run("document.activeElement.name")
    word = browser.run("document.querySelector('.verdicts tbody tr:not([data-element]) th a').textContent")
    word = re.split(r"[^A-Za-z0-9-]+", word.strip("'"))[0] or "a"
    browser.type(word)
    seen["word"], seen["found"] = word, browser.run(SHOWN)
    seen["said"] = browser.run("document.querySelector('#filter output').value")
    browser.key("Tab")
    seen["next"] = browser.run("document.activeElement.name")
    browser.key("ArrowDown")
    seen["outcome"] = browser.run("document.activeElement.value")
    seen["narrowed"] = browser.run(SHOWN)
    seen["address"] = browser.run("location.hash")
    browser.run("document.getElementById('filter').reset(); document.querySelector('#filter').dispatchEvent(new Event('input'))")
    seen["again"] = browser.run(SHOWN)
    return seen


def link(browser, url):
    """The last verdict of the page, by its address."""
    anchor = browser.run("[...document.querySelectorAll('.verdicts tr[id^=f-]')].at(-1).id")
    browser.open("about:blank")
    browser.open(f"{url}#{anchor}")
    visible = f"""(() => {{ const row = document.getElementById('{anchor}'), box = row.getBoundingClientRect();
        return row.checkVisibility() && box.top < innerHeight && box.bottom > 0; }})()"""
    # It scrolls there smoothly.
    for _ in range(30):
        if browser.run(visible):
            return True
        time.sleep(0.1)
    return False


def paths(browser):
    """Follows every box of every drawing to its step, and a step to its evidence and on to the snapshot."""
    seen = browser.run("""(() => {
        const all = (what) => [...document.querySelectorAll(what)];
        const to = (link) => document.getElementById(link.getAttribute('href').slice(1));
        const steps = all('.path .steps > li'), boxes = all('.path .drawing a');
        // A step may say itself that what would decide is not known.
        const rests = (step) => step.querySelector('.evidence .place a, .needs a, .unknown, .condition') !== null
            || step.textContent.includes('not known');
        return {
            paths: all('.path').length, steps: steps.length, boxes: boxes.length, rows: all('#paths tbody tr').length,
            evidence: all('.path .evidence > li').length,
            bare: steps.filter((it) => !rests(it)).map((it) => it.id),
            lost: [...boxes, ...all('.path .evidence a, .path .needs a')].filter((it) => !to(it)).length,
        };
    })()""")
    clicked = """(() => { const link = document.querySelector('%s'), to = link.getAttribute('href');
        link.closest('details').open = true;
        link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
        return [location.hash === to, document.getElementById(to.slice(1)).checkVisibility()]; })()"""
    for name, link in (("step", ".path .drawing a:last-of-type"), ("record", ".path .evidence .place a")):
        seen[name] = seen["paths"] > 0 and browser.run(clicked % link)
    return seen


def plain(text):
    """Without white space and ligatures, which a PDF sets as it likes."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def printed(browser, folder):
    """The text of the PDF, with all folds closed before."""
    browser.run("document.querySelectorAll('details').forEach((it) => { it.open = false; })")
    data = browser.send("Page.printToPDF", timeout=300, printBackground=True, preferCSSPageSize=True)["data"]
    path = pathlib.Path(folder) / "page.pdf"
    path.write_bytes(base64.b64decode(data))
    text = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True).stdout.decode()
    return path, plain(text)


def overflow(browser, width):
    browser.size(width, 900, width < 600)
    return browser.run(f"""(() => {{ const wide = document.documentElement.scrollWidth - {width};
        if (wide <= 0) return [];
        return [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > {width} + 1
            && !it.closest('.scroll, pre')).slice(0, 5).map((it) => it.localName + '.' + it.className + ' ' + it.textContent.slice(0, 40)); }})()""")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("page", type=pathlib.Path)
    options.add_argument("--axe", type=pathlib.Path)
    options.add_argument("--shots", type=pathlib.Path)
    given = options.parse_args()
    url = given.page.resolve().as_uri()
    seen = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            look_at(browser, given, url, folder, seen)
        finally:
            browser.close()
    json.dump(seen, sys.stdout, indent=1)


def look_at(browser, given, url, folder, seen):
    browser.size(1280, 900)
    browser.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    browser.open(url)
    requests = [event["request"]["url"] for event in browser.named("Network.requestWillBeSent")]
    seen["requests"] = [one for one in requests if one != url] + ["itself"] * requests.count(url)
    seen["paint_ms"] = browser.run("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    seen["strange"] = browser.run(STRANGE % json.dumps(sorted(TAGS)))
    seen["scripts"] = browser.run("document.scripts.length")
    text = browser.run("document.documentElement.textContent")
    seen["hides"] = sorted({f"{ord(one):X}" for one in re.findall(HIDES, text)})
    seen["escapes"] = "\\u{202E}" in text
    if browser.run("document.getElementById('filter') !== null && document.querySelector('.verdicts th a') !== null"):
        seen["keyboard"] = keyboard(browser)
        seen["link"] = link(browser, url)
    seen["paths"] = paths(browser)
    seen["overflow"] = {str(width): overflow(browser, width) for width in (1280, 390)}
    browser.size(1280, 900)
    if given.shots:
        shots(browser, given, url)
    browser.open(url)
    pdf, text = printed(browser, folder)
    rows = [plain(row) for row in browser.run("[...document.querySelectorAll('.verdicts tr[id] > th')].map((it) => it.textContent)")]
    seen["printed"] = {"rows": len(rows), "missing": [row for row in rows if row[:12] not in text][:5]}
    if given.shots:
        subprocess.run(["pdftoppm", "-r", "60", "-png", "-l", "4", pdf, given.shots / f"{given.page.stem}-print"], check=True)
    seen["violations"] = browser.run("__seen")
    seen["dialogs"] = len(browser.named("Page.javascriptDialogOpening"))
    seen["console"] = [it["entry"]["text"][:200] for it in browser.named("Log.entryAdded")]
    if given.axe:
        source = given.axe.read_text()
        browser.send("Page.setBypassCSP", enabled=True)
        seen["axe"] = {}
        for scheme in ("light", "dark"):
            browser.look(prefers_color_scheme=scheme)
            browser.open(url)
            browser.run("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
            seen["axe"][scheme] = axe(browser, source)
        browser.look()
        browser.send("Page.setBypassCSP", enabled=False)
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(url)
    browser.send("Emulation.setScriptExecutionDisabled", value=False)
    seen["plain"] = browser.run("({filter: document.getElementById('filter')?.checkVisibility() ?? false, "
                                "text: document.body.innerText.length, sections: document.querySelectorAll('main > section').length})")


def shots(browser, given, url):
    given.shots.mkdir(parents=True, exist_ok=True)
    for name, width, mobile, scheme in (
        ("desktop", 1280, False, "light"), ("dark", 1280, False, "dark"), ("phone", 390, True, "light"),
    ):
        browser.look(prefers_color_scheme=scheme)
        browser.size(width, 900, mobile)
        browser.open(url)
        height = min(6000, browser.run("document.documentElement.scrollHeight"))
        browser.size(width, height, mobile)
        browser.shoot(given.shots / f"{given.page.stem}-{name}.png")
    browser.look()
    browser.size(1280, 900)


if __name__ == "__main__":
    main()
