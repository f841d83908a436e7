"""Plans and filters as Tantivy's query objects; nothing a person typed ever reaches its query parser."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reelscribe.engines.search import SearchRequest, Viewer
from reelscribe.engines.search.plan import Group, Plan
from reelscribe.engines.search.tantivy.schema import date_key

if TYPE_CHECKING:
    from tantivy import Occur, Query, Schema

    Clause = tuple[Occur, Query]

FIELD_BOOSTS = {"title": 2.0, "summary": 0.5, "description": 0.5}
"""On top of the body, which holds their words too."""


class Queries:
    """Queries on one of the two indexes."""

    def __init__(self, schema: "Schema") -> None:
        self._schema = schema

    def videos(self, plan: Plan, request: SearchRequest, required: int) -> "Query":
        """Videos that match, ranked by all their words and more by those of title, summary and description."""
        from tantivy import Occur, Query

        clauses = [*self.filters(request), *((Occur.Must, self.group("body", phrase)) for phrase in plan.phrases)]
        clauses.extend((Occur.MustNot, self.group("body", group)) for group in plan.excluded)
        if plan.wanted:
            wanted = [(Occur.Should, self.group("body", group)) for group in plan.wanted]
            occur = Occur.Should if plan.phrases else Occur.Must
            clauses.append((occur, Query.boolean_query(wanted, minimum_number_should_match=required)))
        return Query.boolean_query([*clauses, (Occur.Should, self.fields(plan))])

    def visible(self, plan: Plan, request: SearchRequest) -> "Query":
        """Videos that pass the filters and hold nothing excluded, whatever their words."""
        from tantivy import Occur, Query

        excluded = [(Occur.MustNot, self.group("body", group)) for group in plan.excluded]
        return Query.boolean_query([(Occur.Must, Query.all_query()), *self.filters(request), *excluded])

    def of_versions(self, versions: Iterable[int]) -> "Query":
        """Everything of these versions."""
        return self.versions(versions)[1]

    def fields(self, plan: Plan) -> "Query":
        """What titles, summaries and descriptions score for the wanted words."""
        from tantivy import Occur, Query

        groups = [*plan.wanted, *plan.phrases]
        boosted = ((boost, self.group(field, group)) for field, boost in FIELD_BOOSTS.items() for group in groups)
        return Query.boolean_query([(Occur.Should, Query.boost_query(query, boost)) for boost, query in boosted])

    def moments(self, plan: Plan, wanted: Sequence[Group]) -> "Query":
        """Moments with any of the wanted words; where phrases are asked for, with one of those."""
        from tantivy import Occur, Query

        words = [(Occur.Should, self.group("text", group)) for group in wanted]
        if not plan.phrases:
            return Query.boolean_query(words)
        phrases = Query.boolean_query([(Occur.Should, self.group("text", phrase)) for phrase in plan.phrases])
        return Query.boolean_query([(Occur.Must, phrases), *words])

    def group(self, field: str, group: Group) -> "Query":
        """Any of a group's terms, by its weight, or sequences."""
        from tantivy import Query

        alternatives = [self._term(field, term, weight) for term, weight in group.terms]
        alternatives.extend(Query.phrase_query(self._schema, field, list(terms)) for terms in group.sequences)
        return alternatives[0] if len(alternatives) == 1 else _any(alternatives)

    def _term(self, field: str, term: str, weight: float) -> "Query":
        from tantivy import Query

        query = Query.term_query(self._schema, field, term, index_option="freq")
        return query if weight == 1.0 else Query.boost_query(query, weight)

    def filters(self, request: SearchRequest) -> "list[Clause]":
        """What must hold and adds nothing to the score: who may see it, status, owner, date."""
        from tantivy import FieldType, Occur, Query

        queries = [self._access(request.viewer)] if not request.viewer.is_admin else []
        if request.status is not None:
            queries.append(Query.term_query(self._schema, "status", request.status, index_option="basic"))
        if request.user_id is not None:
            queries.append(Query.term_query(self._schema, "user", request.user_id))
        if request.created_from is not None or request.created_to is not None:
            lower = date_key(request.created_from) if request.created_from else 0
            upper = date_key(request.created_to) if request.created_to else (1 << 64) - 1
            queries.append(
                Query.range_query(self._schema, "created", FieldType.Unsigned, lower, upper, include_upper=False)
            )
        return [(Occur.Must, Query.const_score_query(query, 0.0)) for query in queries]

    def created_by(self, key: int, *, newest: bool) -> "Clause":
        """Created at that date or further on in the order."""
        from tantivy import FieldType, Occur, Query

        lower, upper = (0, key) if newest else (key, (1 << 64) - 1)
        return Occur.Must, Query.const_score_query(
            Query.range_query(self._schema, "created", FieldType.Unsigned, lower, upper), 0.0
        )

    def versions(self, versions: Iterable[int]) -> "Clause":
        """Of these versions of videos only."""
        from tantivy import Occur, Query

        # Term by term takes half of a term set's time: that one makes an automaton and walks all terms with it.
        terms = [Query.term_query(self._schema, "version", version, index_option="basic") for version in versions]
        return Occur.Must, Query.const_score_query(_any(terms), 0.0)

    def _access(self, viewer: Viewer) -> "Query":
        from tantivy import Query

        tokens = ["public"] if viewer.user_id is None else ["public", "internal", f"owner {viewer.user_id}"]
        return _any([Query.term_query(self._schema, "access", token, index_option="basic") for token in tokens])


def _any(queries: "Sequence[Query]") -> "Query":
    """Whatever matches at least one."""
    from tantivy import Occur, Query

    return Query.boolean_query([(Occur.Should, query) for query in queries])
