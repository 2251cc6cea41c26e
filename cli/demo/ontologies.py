"""The classes and guidelines of the demonstration's two projects. Display and rules only; knows no pictures."""

from schema.projects import ClassSpec, Guidelines, Ontology

COINS_AND_CELLS = Ontology(
    classes=(
        ClassSpec(class_id=1, name="coin", colour="#ffb454"),
        ClassSpec(class_id=2, name="cell", colour="#7ee787"),
        ClassSpec(class_id=3, name="medal", colour="#c9a2ff"),
    )
)

PHOTOGRAPHS = Ontology(
    classes=(
        ClassSpec(class_id=1, name="person", colour="#4cc2ff"),
        ClassSpec(class_id=2, name="animal feature", colour="#7ee787"),
        ClassSpec(class_id=3, name="tableware", colour="#ffb454"),
        ClassSpec(class_id=4, name="drink", colour="#ff7b9c"),
        ClassSpec(class_id=5, name="spacecraft", colour="#c9a2ff"),
        ClassSpec(class_id=6, name="vehicle part", colour="#5ad4d8"),
        ClassSpec(class_id=7, name="equipment", colour="#f2e266"),
        ClassSpec(class_id=8, name="building", colour="#ff9166"),
        ClassSpec(class_id=9, name="roof", colour="#8fb3ff"),
        ClassSpec(class_id=10, name="flower", colour="#ff9de2"),
        ClassSpec(class_id=11, name="container", colour="#b8c75a"),
    )
)

COINS_AND_CELLS_GUIDELINES = Guidelines(
    markdown=(
        "Draw every coin and every cell along its outer edge. Delete proposals that show neither. "
        "A *medal* has an eyelet; a worn coin is still a coin."
    )
)

PHOTOGRAPHS_GUIDELINES = Guidelines(
    markdown=(
        "Mark the left-most, top-most, right-most and bottom-most point of each object.\n\n"
        "- **Animal feature**: an eye with its dark rim; the nose with its dark edge.\n"
        "- **Tableware**: a cup with its handle; of a spoon, the bowl. The saucer is not drawn.\n"
        "- **Vehicle part**: a wheel with what stands in front of it; a headlamp with its shell; the fuel tank.\n"
        "- **Building** without the plants before it; its **roof** may be drawn as well.\n"
        "- **Flower**: also one cut by the edge of the picture, and a bud.\n"
    )
)
