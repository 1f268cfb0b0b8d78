#!/usr/bin/env python3
"""Two networks of a few numbers each, for the examples: they find what is dark, as the simulated EM's mitochondria are, and serve no other purpose.

    example_models.py     # writes fiji-plugin/src/main/resources/help/models/dark-pixels.onnx and dark-boxes.onnx

dark-pixels gives the probability of each pixel (a mean of 7 x 7 pixels), dark-boxes boxes of 48 pixels as YOLOv8 does (1 x 5 x 1600). Made with onnx 1.12, NumPy 1.24.
"""
import os

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'fiji-plugin', 'src', 'main', 'resources', 'help', 'models')
SIDE, STRIDE, BOX = 320, 8, 48


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, constants, metadata):
    model = h.make_model(h.make_graph(nodes, name, inputs, outputs, constants), producer_name='clemreg examples', opset_imports=[h.make_opsetid('', 13)], ir_version=7)
    h.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    with open(os.path.join(FOLDER, name + '.onnx'), 'wb') as file:
        file.write(model.SerializeToString(deterministic=True))


def main():
    os.makedirs(FOLDER, exist_ok=True)
    save('dark-pixels', [h.make_node('Pad', ['image', 'margin'], ['wide'], mode='reflect'), h.make_node('Conv', ['wide', 'mean', 'limit'], ['logits'], kernel_shape=[7, 7])],
         [h.make_tensor_value_info('image', T.FLOAT, ['n', 1, 'h', 'w'])], [h.make_tensor_value_info('logits', T.FLOAT, ['n', 1, 'h', 'w'])],
         [constant('mean', np.full((1, 1, 7, 7), -60 / 49, '<f4')), constant('limit', np.array([60 * 124 / 255], '<f4')), constant('margin', np.array([0, 0, 3, 3, 0, 0, 3, 3]))],
         {'clemreg.card': '{ "name": "Dark things", "multiple_of": 1, "outputs": { "probability": { "activation": "sigmoid" } } }'})
    n = SIDE // STRIDE
    centre = (np.arange(n) + 0.5) * STRIDE
    y, x = np.meshgrid(centre, centre, indexing='ij')
    boxes = np.stack([x.ravel(), y.ravel(), np.full(n * n, BOX), np.full(n * n, BOX)])[None].astype('<f4')
    save('dark-boxes', [h.make_node('ReduceMean', ['images'], ['grey'], axes=[1], keepdims=1),
                        h.make_node('AveragePool', ['grey'], ['mean'], kernel_shape=[24, 24], strides=[STRIDE, STRIDE], pads=[8, 8, 8, 8], count_include_pad=0),
                        h.make_node('Sub', ['limit', 'mean'], ['darker']), h.make_node('Mul', ['darker', 'slope'], ['logits']), h.make_node('Sigmoid', ['logits'], ['score']),
                        h.make_node('Reshape', ['score', 'row'], ['scores']), h.make_node('Concat', ['boxes', 'scores'], ['output0'], axis=1)],
         [h.make_tensor_value_info('images', T.FLOAT, [1, 3, SIDE, SIDE])], [h.make_tensor_value_info('output0', T.FLOAT, [1, 5, n * n])],
         [constant('limit', np.array([0.46], '<f4')), constant('slope', np.array([40], '<f4')), constant('row', np.array([1, 1, n * n])), constant('boxes', boxes)],
         {'names': "{0: 'dark'}", 'stride': str(STRIDE)})


if __name__ == '__main__':
    main()
