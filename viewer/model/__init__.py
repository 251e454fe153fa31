"""The nouns: frozen, validated, in LPS millimetres. numpy and the standard library only."""
