"""Words that tell nothing of a text's subject: English function words, and what people say while they think."""

_ENGLISH = """
    a about above actually after again against ah ain all almost already alright also although always am an and
    another any anybody anyone anything anyway are aren around as ask at away back basically be because been
    before being below best better between bit both but by bye call came can can't cannot cause certain
    certainly come comes coming could couldn couldn't course d definitely did didn didn't different do does
    doesn doesn't doing don don't done down during each eh either else em end enough er even ever every
    everybody everyone everything exactly feel few fine first for from further gave get gets getting give given
    gives giving go goes going gone gonna good got gotta great guess had hadn hadn't happen happens has hasn
    hasn't have haven haven't having he he'd he'll he's hello her here here's hers herself hey hi him himself
    his hm hmm how how's however huh i i'd i'll i'm i've if in indeed instead into is isn isn't it it'd it'll
    it's its itself just keep kind kinda know last least less let let's like little ll look looking looks lot
    lots m made make makes making many may maybe me mean means mhm might mine mm mmm more most mostly much must
    my myself need needs never new next nice no nobody none nor not nothing now of off oh ok okay on once one
    ones only onto oops or other others otherwise ought our ours ourselves out over own part people perhaps
    please possible pretty probably put quite rather re really right s said same saw say saying says second see
    seem seems seen shall she she'd she'll she's should shouldn shouldn't show since so some somebody somehow
    someone something sometimes somewhere sorry sort still stuff such sure t take taken takes taking talk
    talking tell than thank thanks that that'll that's the their theirs them themselves then there there's these
    they they'd they'll they're they've thing things think thinking third this those though thought three
    through time times to today together told too took true try trying two uh uhm um under until up upon us use
    used using very want wanted wants was wasn wasn't way ways we we'd we'll we're we've welcome well went were
    weren weren't what what's whatever when where where's whether which while who who's whole whom whose why
    will with within without won won't would wouldn wouldn't wow wrong yah yeah yep yes yet you you'd you'll
    you're you've your yours yourself yourselves yup
"""
STOPWORDS = frozenset(_ENGLISH.split())
