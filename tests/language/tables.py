"""Relations and symptoms that the tests of the language compile against, whatever the rules' own become."""

from pathlib import Path

from diagnose.language.tables import load_relations, load_symptoms

_HERE = Path(__file__).parent
RELATIONS = load_relations((_HERE / "relations.yaml").read_text(encoding="utf-8"), "relations.yaml")
SYMPTOMS = load_symptoms((_HERE / "symptoms.yaml").read_text(encoding="utf-8"), "symptoms.yaml")
