"""Any scikit-learn classifier as a recipe of one's own, for a choice about a text.

    from labelloop.recipes.classifier.recipe import TextClassifier

    def forest():
        from sklearn.ensemble import RandomForestClassifier
        return RandomForestClassifier(300)

    RECIPE = TextClassifier("forest", forest)

It learns from the encoder's vectors and from words; skl2onnx converts it, so that a prediction
takes no scikit-learn.
"""
