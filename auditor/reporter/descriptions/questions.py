"""The questions of a datasheet, in short: Gebru and others, Datasheets for Datasets, Communications of the ACM, 2021.

Each has a key where an audit knows something of the answer; all others only people can answer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question; `key` names what an audit knows of it. `partly`: people must complete what it knows."""

    text: str
    key: str | None = None
    partly: bool = False


SECTIONS: tuple[tuple[str, tuple[Question, ...]], ...] = (
    (
        "Motivation",
        (
            Question("For what purpose was the data set created?"),
            Question("Who created it, and for whose organisation?"),
            Question("Who funded its creation?"),
            Question("Is there anything else to know about the motivation?"),
        ),
    ),
    (
        "Composition",
        (
            Question("What do the instances represent (people, documents, events)?"),
            Question("How many instances are there?", "rows"),
            Question(
                "Does it contain all possible instances, or a sample? Is the sample representative?", "sample", True
            ),
            Question("What data does each instance consist of?", "columns"),
            Question("Is there a label or target associated with each instance?", "outcome"),
            Question("Is any information missing from instances, and why?", "missing", True),
            Question("Are relationships between instances made explicit?", "units", True),
            Question("Are there recommended splits of the data?"),
            Question("Are there errors, sources of noise or redundancies?", "errors", True),
            Question("Is it self-contained, or does it rely on external resources?"),
            Question("Does it contain data that might be considered confidential?"),
            Question("Does it contain data that might be offensive, insulting or cause anxiety?"),
            Question("Does it identify subpopulations, and how are they distributed?", "groups"),
            Question("Can individuals be identified, directly or in combination with other data?", "persons", True),
            Question("Does it contain data that might be considered sensitive?", "sensitive", True),
            Question("Is there anything else to know about the composition?", "biases", True),
        ),
    ),
    (
        "Collection process",
        (
            Question("How was the data of each instance acquired (observed, reported, derived)?", "collected", True),
            Question("What mechanisms or procedures were used to collect the data, and how were they validated?"),
            Question("If it is a sample, what was the sampling strategy?"),
            Question("Who was involved in the collection, and how were they compensated?"),
            Question("Over what time frame was the data collected?", "period", True),
            Question("Were ethical reviews conducted?"),
            Question("Was the data collected from the individuals directly, or through third parties?"),
            Question("Were the individuals notified of the collection?"),
            Question("Did the individuals consent to the collection and use of their data?"),
            Question("If consent was given, can it be revoked?"),
            Question("Has the potential impact on data subjects been analysed?"),
            Question("Is there anything else to know about the collection?"),
        ),
    ),
    (
        "Preprocessing, cleaning, labelling",
        (
            Question("Was any preprocessing, cleaning or labelling done?"),
            Question("Was the raw data saved as well?"),
            Question("Is the software that was used for it available?"),
            Question("Is there anything else to know about the preprocessing?"),
        ),
    ),
    (
        "Uses",
        (
            Question("Has the data set been used for any tasks already?"),
            Question("Is there a repository of papers or systems that use it?"),
            Question("What tasks could it be used for?", "uses", True),
            Question("Does its composition or collection affect future uses?", "actions", True),
            Question("Are there tasks for which it should not be used?", "unsuited", True),
            Question("Is there anything else to know about uses?"),
        ),
    ),
    (
        "Distribution",
        (
            Question("Will it be distributed to third parties?"),
            Question("How will it be distributed, and does it have a DOI?"),
            Question("When will it be distributed?"),
            Question("Under what licence or terms of use?"),
            Question("Have third parties imposed restrictions on the data?"),
            Question("Do export controls or other regulation apply?"),
            Question("Is there anything else to know about the distribution?"),
        ),
    ),
    (
        "Maintenance",
        (
            Question("Who supports, hosts and maintains it?"),
            Question("How can the owner or manager be contacted?"),
            Question("Is there an erratum?"),
            Question("Will it be updated? How often, and who does it?"),
            Question("Are there limits on how long the data of individuals are retained?"),
            Question("Will older versions continue to be supported?"),
            Question("Is there a way for others to extend it or contribute to it?"),
            Question("Is there anything else to know about the maintenance?"),
        ),
    ),
)
