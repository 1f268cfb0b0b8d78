#!/usr/bin/env python3
"""Opens a view.html in Chromium without a window and without a network, and does there what a person does.

    view_page.py BROWSER FOLDER PICTURES

FOLDER is what clemreg mesh wrote, with classes.csv's classes in objects.csv; PICTURES receives what was seen. Chromium is spoken to in its DevTools protocol through a pipe; its WebGL runs on the processor.
"""
import base64
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

browser, folder, pictures = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
pictures.mkdir(parents=True, exist_ok=True)
WIDTH, HEIGHT, PANEL = 1000, 700, 300


class Page:
    def __init__(self, url, profile):
        ours, theirs = os.pipe(), os.pipe()

        def pipes():
            # Far from 3 and 4 first, lest one overwrites the other.
            incoming, outgoing = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(incoming, 3)
            os.dup2(outgoing, 4)

        arguments = ['--headless=new', '--no-sandbox', '--remote-debugging-pipe', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-first-run', '--disable-gpu-sandbox', '--disable-dev-shm-usage',
                     '--host-resolver-rules=MAP * ~NOTFOUND', '--proxy-server=127.0.0.1:9', f'--user-data-dir={profile}', f'--window-size={WIDTH},{HEIGHT}', '--hide-scrollbars', '--force-device-scale-factor=1', 'about:blank']
        self.process = subprocess.Popen([browser] + arguments, preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self.out, self.into = os.fdopen(ours[1], 'wb', buffering=0), os.fdopen(theirs[0], 'rb', buffering=0)
        self.rest, self.number, self.session, self.events = b'', 0, None, []
        target = [t for t in self.ask('Target.getTargets')['targetInfos'] if t['type'] == 'page'][0]['targetId']
        self.session = self.ask('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.ask(domain + '.enable')
        self.ask('Emulation.setDeviceMetricsOverride', width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)
        self.ask('Page.navigate', url=url)
        for _ in range(600):
            if self.value('document.readyState') == 'complete':
                break
            time.sleep(0.1)
        self.settle()

    def ask(self, method, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        self.out.write(json.dumps(message).encode() + b'\0')
        while True:
            while b'\0' not in self.rest:
                part = self.into.read(1 << 16)
                assert part, 'the browser has ended'
                self.rest += part
            text, self.rest = self.rest.split(b'\0', 1)
            answer = json.loads(text)
            if answer.get('id') == self.number:
                assert 'error' not in answer, (method, answer)
                return answer['result']
            self.events.append(answer)

    def value(self, expression):
        answer = self.ask('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        assert 'exceptionDetails' not in answer, answer
        return answer['result'].get('value')

    def settle(self):
        self.value('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))')

    def seen(self, name):
        """The surfaces' part of the window, as RGB."""
        self.settle()
        file = pictures / f'{name}.png'
        file.write_bytes(base64.b64decode(self.ask('Page.captureScreenshot', format='png')['data']))
        return read_png(file)[:, :WIDTH - PANEL]

    def sees(self, name, picture, what):
        """The window shows a picture that it showed before, once a busy machine has drawn it. Where surfaces of two objects touch, either may be in front: a few pixels."""
        for _ in range(50):
            differing = (self.seen(name) != picture).any(axis=2)
            if differing.mean() < 1e-3:
                return
            time.sleep(0.1)
        raise AssertionError(f'{what}: {differing.sum()} pixels differ')

    def mouse(self, kind, x, y, **more):
        self.ask('Input.dispatchMouseEvent', type=kind, x=x, y=y, **more)

    def click(self, x, y):
        self.mouse('mousePressed', x, y, button='left', buttons=1, clickCount=1)
        self.mouse('mouseReleased', x, y, button='left', buttons=0, clickCount=1)
        self.settle()

    def drag(self, x, y, dx, dy, button='left', modifiers=0):
        buttons = {'left': 1, 'right': 2, 'middle': 4}[button]
        self.mouse('mousePressed', x, y, button=button, buttons=buttons, clickCount=1, modifiers=modifiers)
        self.mouse('mouseMoved', x + dx, y + dy, button=button, buttons=buttons, modifiers=modifiers)
        self.mouse('mouseReleased', x + dx, y + dy, button=button, buttons=0, clickCount=1, modifiers=modifiers)

    def touch(self, kind, *fingers):
        self.ask('Input.dispatchTouchEvent', type=kind, touchPoints=[{'x': x, 'y': y, 'id': i} for i, (x, y) in enumerate(fingers)])

    def fingers(self, *ways):
        """Fingers that touch one after the other, go from one place to another and are lifted."""
        for i in range(len(ways)):
            self.touch('touchStart', *(a for a, _ in ways[:i + 1]))
        for part in (0.5, 1):
            self.touch('touchMove', *((x + part * (u - x), y + part * (v - y)) for (x, y), (u, v) in ways))
        self.touch('touchEnd')

    def lies(self, name, sides, what):
        """The coloured surfaces reach from side to side (left, top, right, bottom) to two pixels, once a busy machine has drawn them."""
        for _ in range(50):
            found = extent(self.seen(name))
            if np.abs(found - sides).max() <= 2:
                return
            time.sleep(0.1)
        raise AssertionError(f'{what}: {found}, not {sides}')

    def close(self):
        self.process.terminate()
        self.process.wait()


def read_png(file):
    size = subprocess.run(['identify', '-format', '%w %h', str(file)], capture_output=True, check=True, text=True).stdout.split()
    data = subprocess.run(['convert', str(file), '-depth', '8', 'RGB:-'], capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(int(size[1]), int(size[0]), 3).astype(int)


def coloured(picture):
    return np.ptp(picture, axis=2) > 24


def extent(picture):
    """Left, top, right, bottom of what is coloured."""
    y, x = np.nonzero(coloured(picture))
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], float)


def drawn(picture):
    return picture.min(axis=2) < 140


def chroma(colour):
    colour = np.asarray(colour, float)
    return colour / max(1, colour.max())


rows = {row['label']: row for row in csv.DictReader(open(folder / 'objects.csv'))}
with tempfile.TemporaryDirectory() as profile:
    page = Page((folder / 'view.html').as_uri(), profile)
    try:
        # The same view after turning it and resetting.
        first = page.seen('first')
        assert coloured(first).sum() > 2000, 'no surfaces'
        page.drag(300, 300, 120, 40)
        turned = page.seen('turned')
        assert (turned != first).any(axis=2).sum() > 2000, 'dragging turns nothing'
        page.value("document.getElementById('reset').click()")
        page.sees('reset', first, 'reset is not as at first')
        # The scale bar: a dark stretch at the lower right.
        strip = first[-24:-14, -200:].max(axis=2) < 90
        assert strip.sum(axis=1).max() >= 50, 'no scale bar'

        # Along z, smaller so that all stays in sight: the wheel zooms about the mouse, both ways.
        page.value("document.getElementById('alongZ').click()")
        fitted = page.seen('fitted')
        whole = extent(fitted)
        mouse = np.array([250, 400, 250, 400])
        page.mouse('mouseWheel', 250, 400, deltaX=0, deltaY=180)
        small = mouse + (whole - mouse) * np.exp(-0.6)
        page.lies('wheel', small, 'the wheel zooms out about the mouse')
        # Dragging with the right or middle button, or with shift, moves; no menu comes in the way.
        page.value("addEventListener('contextmenu', e => { window.menu = !e.defaultPrevented; })")
        for button, modifiers in (('right', 0), ('middle', 0), ('left', 8)):
            page.drag(300, 300, 60, -40, button, modifiers)
            small = small + [60, -40, 60, -40]
            page.lies('moved', small, f'dragging by 60, -40 with the {button} button, modifiers {modifiers}')
            page.drag(300, 300, -60, 40, button, modifiers)
            small = small - [60, -40, 60, -40]
        page.lies('moved back', small, 'dragging back')
        assert not page.value('window.menu'), 'a right drag opens a menu'
        page.mouse('mouseWheel', 250, 400, deltaX=0, deltaY=-180)
        page.sees('wheel back', fitted, 'the wheel back is as before')
        # Two fingers: apart and together they zoom, together they move; what was between them stays there.
        page.fingers(((200, 300), (250, 320)), ((500, 300), (400, 320)))
        between = np.array([350, 300, 350, 300])
        page.lies('pinched', np.array([325, 320, 325, 320]) + (whole - between) / 2, 'two fingers')
        page.fingers(((250, 320), (200, 300)), ((400, 320), (500, 300)))
        page.lies('pinched back', whole, 'two fingers back')
        # One finger turns.
        page.fingers(((300, 300), (420, 340)))
        assert (page.seen('turned by a finger') != fitted).any(axis=2).sum() > 2000, 'a finger turns nothing'

        # Clicks: the chosen object has the colour that was clicked, and its measures are those of the table.
        page.value("document.getElementById('alongZ').click()")
        xy = page.seen('xy')
        places = np.argwhere(coloured(xy))
        chosen = {}
        for y, x in places[np.linspace(0, len(places) - 1, 25).astype(int)]:
            if not coloured(xy[y - 2:y + 3, x - 2:x + 3]).all():
                continue
            page.click(int(x), int(y))
            title = page.value("document.querySelector('#measures h2')?.textContent ?? ''")
            assert title.startswith('label '), f'a click on a surface at {x}, {y} chooses nothing'
            label = title.split()[1]
            colour = page.value("document.querySelector('.object.chosen .swatch').style.background")
            rgb = [int(v) for v in colour[4:-1].split(',')]
            assert np.abs(chroma(rgb) - chroma(xy[y, x])).max() < 0.06, f'{title} is {rgb}, but {xy[y, x]} was clicked'
            chosen[label] = {r['name']: r['value'] for r in page.value(
                "[...document.querySelectorAll('#measures tr')].map(r => ({ name: r.cells[0].textContent, value: r.cells[1].textContent }))")}
        assert len(chosen) >= 3, chosen.keys()
        for label, measures in chosen.items():
            for name in ('mesh_volume_um3', 'area_um2'):
                assert abs(float(measures[name]) / float(rows[label][name]) - 1) < 1e-3, (label, name)
        page.click(5, 5)
        assert page.value("document.querySelector('#measures h2')") is None, 'a click beside all chooses something'

        # A class: hidden, shown again, seen through.
        whole = drawn(xy)
        count = page.value("document.querySelectorAll('#classes label').length")
        assert count == len({row['class'] for row in rows.values()}) == 2, count
        toggle = "document.querySelector('#classes label input[type=checkbox]').click()"
        page.value(toggle)
        hidden = drawn(page.seen('hidden'))
        assert 0.1 * whole.sum() < hidden.sum() < 0.9 * whole.sum() and (hidden & ~whole).sum() < 0.01 * whole.sum(), 'a class that is hidden'
        page.value(toggle)
        page.sees('shown', xy, 'a class that is shown again')
        slider = "(s => { s.value = %s; s.dispatchEvent(new Event('input')); })(document.querySelector('#classes input[type=range]'))"
        page.value(slider % 0.3)
        clear = page.seen('clear')
        lighter = clear.min(axis=2) > xy.min(axis=2) + 20
        assert lighter.sum() > 0.2 * (whole & ~hidden).sum() and (lighter & ~whole).sum() < 0.05 * whole.sum(), 'a class that is seen through'
        page.value(slider % 1)
        page.sees('opaque', xy, 'a class that is opaque again')

        # The picture.
        page.ask('Page.setDownloadBehavior', behavior='allow', downloadPath=str(pictures.resolve()))
        page.value("document.getElementById('picture').click()")
        saved = pictures / 'meshes.png'
        for _ in range(100):
            if saved.exists() and saved.stat().st_size:
                break
            time.sleep(0.1)
        assert np.abs(read_png(saved) - xy).max() <= 1, 'the saved picture is another'

        # Nothing was asked of a network, nothing went wrong.
        asked = [e['params']['request']['url'] for e in page.events if e.get('method') == 'Network.requestWillBeSent']
        assert all(u.startswith(('file:', 'data:', 'blob:')) for u in asked) and sum(u.startswith('file:') for u in asked) == 1, [u[:100] for u in asked]
        wrong = [e['params'] for e in page.events if e.get('method') == 'Runtime.exceptionThrown' or e.get('method') == 'Log.entryAdded' and e['params']['entry']['level'] == 'error'
                 or e.get('method') == 'Runtime.consoleAPICalled' and e['params']['type'] in ('error', 'assert')]
        assert not wrong, wrong
    finally:
        page.close()
print(f'{len(chosen)} objects chosen by clicks')
