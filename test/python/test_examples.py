import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import look

EXAMPLES = Path(__file__).parents[2] / "examples"


class Examples(unittest.TestCase):
    def test_make_their_pictures(self):
        for name, pictures in {
            "generate.py": ["boat.png"],
            "stream.py": ["boat-0.png", "boat-1.png", "boat.png"],
            "edit.py": ["night.png"],
        }.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                subprocess.run([sys.executable, EXAMPLES / name], cwd=directory, check=True, capture_output=True)
                self.assertEqual(sorted(path.name for path in Path(directory).iterdir()), pictures)
                for path in Path(directory).iterdir():
                    self.assertRegex(look(path.read_bytes()), r"^png \d{4}x\d{4}$")
