"""`kedro study vocabulary` prints what a configuration can choose from."""


def test_all_kinds_one_kind_and_one_name(kedro):
    everything = kedro("study", "vocabulary")
    assert everything.returncode == 0, everything.stderr
    assert "  loss            focal, cross_entropy" in everything.stdout
    assert "kedro study vocabulary focal" in everything.stdout
    of_kind = kedro("study", "vocabulary", "sampler").stdout
    assert of_kind.startswith("sampler: hpo.sampler\n  tpe: ")
    focal = kedro("study", "vocabulary", "focal").stdout
    assert "    focal_gamma: 2.0; at least 0, at most 20; searched: 0.5 to 3.0; " in focal


def test_an_unknown_word_has_a_near_one(kedro):
    done = kedro("study", "vocabulary", "focl")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("unknown word 'focl'. Did you mean 'focal'?")
