"""Turns a page into a script: page.py PAGE DIRECTORY. Each block of sh is shown and run; what starts
or sends is followed by a wait for the daemon or the receiver, as a reader would look twice. A block that begins with `# NAME` is
put into DIRECTORY as that file. A block of text is only to be read."""

import pathlib
import re
import sys

page, home = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2])
print("set -euo pipefail")
for language, block in re.findall(r"^```(\w+)\n(.*?)^```", page, re.M | re.S):
    if language == "sh":
        print(f"cat <<'SHOWN'\n$ {block}SHOWN\n{block}")
        if "serve --dev &" in block:
            print("for _ in $(seq 300); do curl -sf localhost:8421/readyz && break; sleep 0.1; done")
        if "event send" in block:
            print("for _ in $(seq 300); do [ -s received.txt ] && break; sleep 0.1; done; sleep 0.5")
    elif language == "text":
        continue
    elif name := re.match(r"# (\S+\.\w+)\n", block):
        (home / name[1]).write_text(block)
    else:
        sys.exit(f"{sys.argv[1]}: a block of {language} that is neither run nor a file")
# Whatever is left running would keep the output open.
print("kill $(jobs -p) 2>/dev/null || true")
