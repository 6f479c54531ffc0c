"""Everyday English words that must be single tokens and that filler text is made of."""

from __future__ import annotations

from .documents import words

COMMON = words(
    """a about after again all also am an and any are as at be because been before but by can could day did
    do does down each even every few first for from get go good had has have he her here him his how i
    if in into is it its just know last like little long look made make man many may me more most much
    must my new no not now of off old on one only or other our out over people said same say see she
    should so some still such take than that the their them then there these they thing think this those
    three time to two up us use very was way we well were what when where which who why will with word
    work world would year yes you your hello please answer question step steps review sentiment positive
    negative capital country city true false sorry thanks read write call name number data code model
    text line file test error value table print import return function class def self list string open
    close start stop left right big small high low hot cold red blue green black white water house home
    school door book hand head eye life child woman boy girl father mother friend family money game
    music food dog cat car road tree sun moon star sea land north south east west war peace law king
    queen state party group company"""
)
