"""Words that carry a question or a sentence but not its subject."""

# English function words. Other languages need no list: what stands in a large share of all moments is dropped too.
STOPWORDS = frozenset({
    "a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "down", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having",
    "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself",
    "just", "let", "me", "more", "most", "my", "no", "nor", "not", "of", "off", "on", "once", "only", "or",
    "other", "our", "ours", "out", "over", "own", "same", "she", "should", "so", "some", "such", "than", "that",
    "the", "their", "theirs", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
    "under", "until", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "whom", "why", "will", "with", "would", "you", "your", "yours",
})  # fmt: skip

# What people say to a machine or about a recording when they ask for a moment (found on the validation split of QMSum).
COMMANDS = frozenset({
    "according", "agree", "agreed", "answer", "aspect", "attitude", "comment", "comments", "concerning",
    "conclude", "conclusion", "consider", "contribute", "deal", "decide", "decided", "decision", "describe",
    "disagree", "discuss", "discussed", "discussing", "discussion", "elaborate", "explain", "feel", "felt",
    "find", "give", "group", "idea", "ideas", "introduce", "know", "list", "main", "mainly", "mean", "meeting",
    "member", "members", "mention", "mentioned", "moment", "opinion", "opinions", "part", "participants",
    "people", "play", "please", "point", "points", "present", "presentation", "presented", "presenting",
    "question", "reason", "recommend", "regarding", "respond", "said", "say", "saying", "says", "search", "see",
    "show", "somebody", "someone", "speak", "speaker", "spoke", "suggest", "suggested", "suggestion",
    "summarise", "summarize", "summary", "talk", "talked", "talking", "team", "tell", "thing", "things",
    "think", "thought", "thoughts", "topic", "towards", "understand", "upon", "video", "view", "views", "want",
    "whole",
})  # fmt: skip

# How a question or a command begins.
OPENERS = frozenset({
    "are", "can", "could", "describe", "did", "discuss", "do", "does", "explain", "find", "give", "had", "has",
    "have", "how", "is", "list", "may", "please", "show", "should", "summarise", "summarize", "tell", "was",
    "were", "what", "what's", "when", "where", "which", "who", "whom", "whose", "why", "will", "would",
})  # fmt: skip
