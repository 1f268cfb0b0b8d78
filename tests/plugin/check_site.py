#!/usr/bin/env python3
"""Checks the built site: check_site.py SITE REPOSITORY. A line for each fault; the last line counts what was looked at.

Every link and picture of every page resolves, with its anchor; nothing comes from elsewhere; every command that plugins.config or the menu in the jar names has a page;
every message of troubleshooting.md stands in the source; every picture of docs/images is shown.
"""
import glob
import html.parser
import os
import re
import sys
import urllib.parse

site, repository = (os.path.abspath(a) for a in sys.argv[1:3])
faults, links = [], 0


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.name, self.ids, self.links, self.loads = os.path.relpath(path, site), set(), [], []
        with open(path, encoding='utf-8') as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if 'id' in a:
            if a['id'] in self.ids:
                faults.append(f'{self.name}: the id {a["id"]} stands twice')
            self.ids.add(a['id'])
        if tag == 'a' and 'href' in a:
            self.links.append(a['href'])
        for key in ('src', 'srcset', 'data'):
            if key in a:
                self.loads.append(a[key])
        if tag == 'link':
            self.loads.append(a['href'])


pages = {os.path.relpath(path, site): Page(path) for path in glob.glob(site + '/**/*.html', recursive=True)}
shown = set()
for name, page in pages.items():
    for url in page.loads:
        target = os.path.normpath(os.path.join(os.path.dirname(name), url))
        shown.add(target)
        if ':' in url or not os.path.isfile(os.path.join(site, target)):
            faults.append(f'{name}: {url} is not in the site')
    for url in page.links:
        links += 1
        if re.match(r'https?://', url):
            continue
        path, _, anchor = urllib.parse.unquote(url).partition('#')
        target = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        if target not in pages:
            faults.append(f'{name}: {url} leads nowhere')
        elif anchor and anchor not in pages[target].ids:
            faults.append(f'{name}: {url}: there is no such place')
for file in os.listdir(os.path.join(repository, 'docs', 'images')):
    readme = open(os.path.join(repository, 'README.md'), encoding='utf-8').read()
    if not file.endswith('.md') and os.path.join('images', file) not in shown and f'docs/images/{file}' not in readme:
        faults.append(f'docs/images/{file} is shown nowhere')
for script in ('search.js', 'style.css'):
    if re.search(r'https?://|@import', open(os.path.join(site, script), encoding='utf-8').read()):
        faults.append(f'{script} loads something from elsewhere')
for address in re.findall(r'^\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*","([^"]*)"', open(os.path.join(site, 'search-index.js'), encoding='utf-8').read(), re.M):
    path, _, anchor = address.partition('#')
    if path not in pages or anchor and anchor not in pages[path].ids:
        faults.append(f'search: {address} leads nowhere')

menu = sys.stdin.read()
commands = re.findall(r'clem\.ij\.ClemReg\("(\w+)"\)', menu)
for command in commands:
    # Annotate is a window without parameters: the guide tells of it.
    if command not in ('about', 'self_test', 'help', 'examples', 'annotate') and f'commands/{command}.html' not in pages:
        faults.append(f'the command {command} has no page')

source = ''
for folder, kind in (('fiji-plugin/src/main/java', 'java'), ('src', 'cs')):
    for path in glob.glob(f'{repository}/{folder}/**/*.{kind}', recursive=True):
        text = open(path, encoding='utf-8').read()
        # Texts that are put together of pieces are one here.
        source += re.sub(r'"\s*\+\s*"', '', text)
messages = 0
for line in open(os.path.join(repository, 'docs', 'troubleshooting.md'), encoding='utf-8'):
    if not line.startswith('### ') or line.startswith(('### The verdict', "### Java's own")):
        continue
    messages += 1
    for piece in re.split('…', line[4:].strip()):
        if len(piece.strip(" '.")) >= 4 and piece.strip() not in source:
            faults.append(f'troubleshooting.md: no message says "{piece.strip()}"')
for fault in faults:
    print(fault)
print(f'{len(pages)} pages, {links} links, {len(commands)} commands, {messages} messages, {len(faults)} faults')
sys.exit(1 if faults or not commands or messages < 30 or len(pages) < 40 else 0)
