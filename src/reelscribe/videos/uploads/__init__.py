"""Uploads three ways: a multipart form, tus, and parts to signed addresses. All end in `videos.accept`.

An upload is a row of `upload_metadata` from its first byte on: the row holds the user's room while bytes come in, it is
the fence that lets an upload end once, and what a dead client leaves is found by it.
"""
