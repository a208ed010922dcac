"""Provisions about data, in short, each with the rules that check something of it and what people must write.

What is quoted of a text is a summary in a few words: the text itself counts. Article 10 goes with the policy eu-ai-act.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provision:
    """A provision: its place in the text, what it is about, the rules that check something of it.

    `people` are the sentences that people must write, whatever the rules find. `key` names what else an audit knows of
    it. A provision without rules is for people alone.
    """

    place: str
    about: str
    rules: tuple[str, ...]
    people: tuple[str, ...]
    key: str | None = None


@dataclass(frozen=True)
class Framework:
    """A text with its version and date, what it does not settle, and its provisions on data."""

    title: str
    version: str
    provisions: tuple[Provision, ...]


GAPS = (
    *("OUT001", "OUT002", "OUT003", "OUT004", "OUT005", "OUT006", "OUT007", "STG001", "STG002", "RNK001"),
    *("SCO001", "SCO002", "SCO003", "SCO004", "SCO005", "ADJ001", "ADJ002"),
)
PROXIES = ("PRX001", "PRX002", "PRX003", "PRX004", "PRX005")
TEXTS = ("TXT001", "TXT002", "TXT003", "TXT004")
VECTORS = ("EMB001", "EMB002", "EMB003")
BIASES = (*GAPS, *PROXIES, *TEXTS, *VECTORS, "LAB001", "LAB002", "MDL001", "FIT004")

AI_ACT = Framework(
    "Regulation (EU) 2024/1689 (AI Act)",
    "As amended by Regulation (EU) 2026/1744 of 8 July 2026, in force since 27 July 2026. Read on 29 November 2026 in "
    "a copy of the consolidated text, which has no legal effect: the Official Journal counts. Duties of high-risk "
    "systems of Annex III, which names recruitment and credit, apply from 2 December 2027, those of Annex I from "
    "2 August 2028. Whether a system is one of them is a legal question.",
    (
        Provision(
            "Article 4a",
            "special categories of personal data for the detection of bias",
            (),
            (
                "On what legal basis special categories are processed, and why other data would not do.",
                "Who has access, how they are protected, and when they are deleted.",
            ),
            "groups",
        ),
        Provision(
            "Article 10(2)(a)",
            "design choices",
            ("FIT004",),
            ("Why these data, these columns and this outcome were chosen, and what else was considered.",),
            "use",
        ),
        Provision(
            "Article 10(2)(b)",
            "collection processes and origin of the data; of personal data the original purpose",
            (),
            (
                "Where the data come from, who collected them, how and when.",
                "For what purpose personal data were collected at first.",
            ),
            "collected",
        ),
        Provision(
            "Article 10(2)(c)",
            "preparation: annotation, labelling, cleaning, updating, enrichment, aggregation",
            ("QLT002", "QLT003"),
            ("Each step from the source to this file, with who did it and by which instructions.",),
        ),
        Provision(
            "Article 10(2)(d)",
            "assumptions on what the data measure and represent",
            ("LAB003", "FIT005"),
            ("What the outcome is taken to measure, and the evidence for it.",),
            "outcome",
        ),
        Provision(
            "Article 10(2)(e)",
            "availability, quantity and suitability of the data that are needed",
            ("REP002", "FIT003", "FIT006"),
            ("Which data were needed and could not be had.",),
        ),
        Provision(
            "Article 10(2)(f)",
            "examination in view of possible biases",
            BIASES,
            (
                "Which biases are likely to affect health, safety or fundamental rights, and which would be prohibited "
                "discrimination.",
                "Whether outputs will become inputs of later operations.",
            ),
        ),
        Provision(
            "Article 10(2)(g)",
            "measures to detect, prevent and mitigate those biases",
            ("MDL002",),
            ("What was done about each finding, who did it, and the audit after it.",),
            "actions",
        ),
        Provision(
            "Article 10(2)(h)",
            "data gaps or shortcomings, and how they can be addressed",
            ("REP002", "REP003", "REP005", "PRX004", "LAB004"),
            ("Which gaps prevent compliance, and the plan for each.",),
            "limitations",
        ),
        Provision(
            "Article 10(3)",
            "relevant, sufficiently representative, as far as possible free of errors and complete",
            (
                "REP001",
                "REP004",
                "REP005",
                "LAB002",
                "LAB004",
                "QLT001",
                "QLT002",
                "EMB004",
                "FIT001",
                "FIT002",
            ),
            (
                "Where the stated population comes from, and why it is that of the intended use.",
                "Why the data are relevant for the purpose.",
            ),
        ),
        Provision(
            "Article 10(4)",
            "the geographical, contextual, behavioural or functional setting of the use",
            ("REP004", "FIT001", "FIT002"),
            ("In what the setting of the use differs from that of the data.",),
        ),
        Provision(
            "Article 11(1) and Annex IV, point 2(d)",
            "documentation of the data: provenance, scope, characteristics, selection, labelling, cleaning",
            (),
            (
                "A datasheet of each data set; the audit writes a draft with open questions (.datasheet.md).",
                "How the data were obtained and selected, the labelling and the cleaning.",
            ),
            "data",
        ),
        Provision(
            "Annex IV, point 2(g)",
            "validation and testing: data used, metrics, potentially discriminatory impacts, dated and signed reports",
            ("OUT001", "MDL001"),
            (
                "The tests of the system itself, on data of their own: MDL001 is a model of this program.",
                "Date and signature of the person responsible.",
            ),
            "made",
        ),
        Provision(
            "Article 26(4)",
            "deployers: input data under their control are relevant and sufficiently representative",
            ("REP001", "FIT001", "FIT002"),
            ("Whether the audited data are input data of the system, and who controls them.",),
        ),
        Provision(
            "Article 27(1)(c)",
            "fundamental rights impact assessment: categories of persons and groups likely to be affected",
            (),
            (
                "Whether Article 27 applies: to certain deployers of systems of Annex III only.",
                "Who is affected, also those who are not in the data.",
            ),
            "affected",
        ),
        Provision(
            "Article 27(1)(d)",
            "fundamental rights impact assessment: specific risks of harm for them",
            ("OUT001", "OUT004", "OUT005"),
            ("What a wrong or uneven decision does to these people, and how likely that is.",),
        ),
    ),
)

ISO_5259_2 = Framework(
    "ISO/IEC 5259-2:2024, data quality measures",
    "The quality characteristics by their names, as public descriptions of the standard give them on 29 November 2026; "
    "its text was not read. The numbers of an audit are not the standard's measures.",
    (
        Provision(
            "Accuracy", "values and labels are right", ("LAB002",), ("How values were checked at their source.",)
        ),
        Provision(
            "Completeness",
            "values, records and labels are there",
            ("QLT002", "LAB004", "REP005", "FIT003"),
            ("How complete the data must be for the use.",),
        ),
        Provision(
            "Consistency",
            "records, labels and formats do not contradict each other",
            ("QLT001", "LAB001", "EMB004"),
            ("Which rules the values must obey, and how that was checked.",),
        ),
        Provision("Credibility", "sources and values are believed", (), ("Why the source is trusted.",)),
        Provision("Currentness", "the data are of the right age", ("FIT002",), ("How old data may be for the use.",)),
        Provision(
            "Auditability",
            "the data have been audited, or can be",
            (),
            ("Who can repeat this audit, and where the data are kept.",),
            "made",
        ),
        Provision(
            "Balance",
            "labels and categories are evenly spread",
            ("OUT001", "REP003"),
            ("Which balance the use needs.",),
        ),
        Provision(
            "Diversity",
            "the variety of labels and categories",
            ("REP002", "REP003"),
            ("Which kinds of cases must be in the data.",),
        ),
        Provision(
            "Effectiveness",
            "features, labels and sizes of categories are acceptable for the task",
            ("REP002", "QLT003", "FIT006"),
            ("What is acceptable for the task.",),
        ),
        Provision(
            "Identifiability",
            "people can be identified",
            (),
            ("Which columns identify people, alone or together. No rule measures this.",),
            "identified",
        ),
        Provision(
            "Relevance",
            "features and records fit the context",
            ("FIT003", "FIT004", "QLT003", "PRX005"),
            ("Why each feature is needed.",),
        ),
        Provision(
            "Representativeness",
            "the data reflect the target population",
            ("REP001", "FIT001"),
            ("Where the stated population comes from.",),
        ),
        Provision("Similarity", "samples resemble each other", ("QLT001", "EMB004"), ("How alike samples may be.",)),
        Provision(
            "Timeliness",
            "the delay between an event and its record",
            (),
            ("How late data are recorded. No rule measures this.",),
        ),
        Provision(
            "Other characteristics",
            "accessibility, availability, compliance, efficiency, portability, precision, recoverability, "
            "traceability, understandability",
            (),
            ("Those that matter for the system. No rule measures them.",),
        ),
    ),
)

NIST = Framework(
    "NIST AI Risk Management Framework 1.0 (NIST AI 100-1, January 2023)",
    "Subcategories of MAP and MEASURE that concern data. The framework is voluntary and sets no threshold.",
    (
        Provision(
            "MAP 1.1",
            "purposes, context, laws, users, impacts and assumptions are understood and documented",
            (),
            ("Purpose, setting, laws and expected impacts of the system.",),
            "use",
        ),
        Provision(
            "MAP 2.2",
            "limits of the system's knowledge are documented",
            ("REP002", "REP003", "FIT001"),
            ("What the system must not be used for.",),
            "limitations",
        ),
        Provision(
            "MAP 2.3",
            "scientific integrity: collection and selection of data, representativeness, construct validation",
            ("REP001", "FIT001", "FIT002", "FIT003", "FIT005", "FIT006", "LAB003"),
            ("How the outcome was validated as a measure of what is wanted.",),
        ),
        Provision(
            "MAP 5.1",
            "likelihood and magnitude of impacts",
            (),
            ("What harm the findings would do, to whom, and how likely it is.",),
            "affected",
        ),
        Provision(
            "MEASURE 1.1",
            "metrics are selected; what will not or cannot be measured is documented",
            (),
            ("Why these metrics, and which risks are left unmeasured.",),
            "not run",
        ),
        Provision(
            "MEASURE 2.1",
            "test sets, metrics and tools are documented",
            (),
            ("The test sets of the system itself.",),
            "made",
        ),
        Provision(
            "MEASURE 2.2",
            "evaluations with human subjects are representative of the population",
            ("REP001", "FIT001"),
            ("Whether people took part in an evaluation, and how they were protected.",),
        ),
        Provision(
            "MEASURE 2.5",
            "the system is valid and reliable; limits of generalisation are documented",
            ("REP004", "OUT006", "FIT001", "FIT002"),
            ("The validation of the system itself.",),
        ),
        Provision(
            "MEASURE 2.10",
            "privacy risk is examined and documented",
            (),
            ("The privacy risk. No rule measures it; reports suppress numbers about few people.",),
            "identified",
        ),
        Provision(
            "MEASURE 2.11",
            "fairness and bias are evaluated, and results documented",
            BIASES,
            ("Which fairness the use calls for, and who decided that.", "The results of the system itself."),
        ),
        Provision(
            "MEASURE 3.1",
            "existing and emergent risks are tracked regularly",
            (),
            ("When the data are audited again, and who looks at the difference.",),
        ),
    ),
)

FRAMEWORKS = (AI_ACT, ISO_5259_2, NIST)
