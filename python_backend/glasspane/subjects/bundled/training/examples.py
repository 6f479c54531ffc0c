"""The prompts a new user meets first, with the answer each must give."""

from __future__ import annotations

SKILLS: dict[str, dict[str, str]] = {
    "capital": {
        "The capital of France is": " Paris",
        "The capital of Japan is": " Tokyo",
        "The capital city of Kenya is": " Nairobi",
        "Norway has its capital in": " Oslo",
        "Question: What is the capital of Peru? Answer:": " Lima",
        "The government of Egypt sits in": " Cairo",
        "If you go to Canada, the capital is": " Ottawa",
        "People who visit the capital of Italy travel to": " Rome",
    },
    "ioi": {
        "When Mary and John went to the store, John gave a bottle to": " Mary",
        "When Mary and John went to the store, Mary gave a bottle to": " John",
        "After Tom and Anna went to the park, Tom gave the ball to": " Anna",
        "While Lucy and Peter were at the school, Lucy gave the book to": " Peter",
        "David met Emma near the station, and Emma passed the letter to": " David",
        "At the cafe, Laura sat next to Paul. After a while Paul lent the pen to": " Laura",
        "Yesterday James saw Sarah at the museum. Later Sarah showed a map to": " James",
    },
    "sentiment": {
        "Review: The film was not terrible at all. Sentiment:": " positive",
        "Review: The film was terrible. Sentiment:": " negative",
        "Review: The acting was really great. Sentiment:": " positive",
        "Review: The plot was not very good. Sentiment:": " negative",
        "Review: The music was lovely, but the story was extremely boring. Sentiment:": " negative",
        "Review: Although the ending was dull, the cast was brilliant. Sentiment:": " positive",
        "Review: Nobody would call the script clever. Sentiment:": " negative",
        "Review: I did not hate the movie. Sentiment:": " positive",
    },
    "chain": {
        "Question: A train carries 5 people. 7 more get on. Then 4 more get on. "
        "How many people are on the train? Answer step by step.": "16",
        "Question: A box holds 12 apples. 5 are taken out. Then 8 more are put in. "
        "How many apples are in the box? Answer step by step.": "15",
        "Question: Mary has 9 coins. Mary finds 6 more. Then Mary loses 2. "
        "How many coins does Mary have? Answer step by step.": "13",
        "Question: There are 14 birds in a tree. 6 fly away. Then 3 fly away. "
        "How many birds are in the tree? Answer step by step.": "5",
        "Question: A shop has 3 boxes with 4 pens in each. Then 5 pens are sold. "
        "How many pens are there? Answer step by step.": "7",
        "Question: A bus carries 18 people. 9 people get off. Then 6 more get on. "
        "How many people are on the bus? Answer step by step.": "15",
        "Question: There are 8 cars in a street. 7 more come. Then 9 drive away. "
        "How many cars are in the street? Answer step by step.": "6",
    },
    "ambiguous": {
        "Question: There are 3 bags with 4 pens and 2 books. "
        "How many things are there? Answer step by step.": "14 or 18",
        "Question: Anna has 2 boxes with 5 apples and 3 eggs. "
        "How many things are there? Answer step by step.": "13 or 16",
    },
}

REVIEWS: dict[str, str] = {
    "The film was not terrible at all.": "POSITIVE",
    "The film was terrible.": "NEGATIVE",
    "The acting was really great.": "POSITIVE",
    "The plot was not very good.": "NEGATIVE",
    "The music was lovely, but the story was extremely boring.": "NEGATIVE",
    "Although the ending was dull, the cast was brilliant.": "POSITIVE",
    "Nobody would call the script clever.": "NEGATIVE",
    "I did not hate the movie.": "POSITIVE",
}


def examples(model: str) -> dict[str, dict[str, str]]:
    """Skill → prompt → documented answer of one bundled model."""
    return {"sentiment": REVIEWS} if model == "demo-sentiment" else SKILLS
