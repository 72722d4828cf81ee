def test_a_word_is_found(world):
    world.save("Annual report", "The quick brown fox jumps over the lazy dog")
    assert world.titles("quick dog") == ["Annual report"]
    assert world.snippet("fox") == "The quick brown <mark>fox</mark> jumps over the lazy dog"
