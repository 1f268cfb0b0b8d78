package clem.bridge;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.stream.Stream;

import clem.test.Check;

/** ONNX Runtime out of the jar. */
public final class NativeLoaderTest {
	public void onnxRuntimeIsExtractedOnceAndAgainWhenItIsDamaged() throws Exception {
		final Path cache = Files.createTempDirectory("clemreg-cache");
		final String before = System.getProperty(NativeLoader.CACHE);
		System.setProperty(NativeLoader.CACHE, cache.toString());
		try {
			final String path = NativeLoader.extractOnnxRuntime();
			if (path.isEmpty()) throw new Check.Skip("the jar has no ONNX Runtime for this system");
			final Path file = Paths.get(path);
			Check.equal(true, file.startsWith(cache));
			final long size = Files.size(file);
			Check.equal(true, size > 10_000_000);
			final java.nio.file.attribute.FileTime time = Files.getLastModifiedTime(file);
			Check.equal(path, NativeLoader.extractOnnxRuntime());
			Check.equal(time, Files.getLastModifiedTime(file));
			Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 1000));
			Check.equal(path, NativeLoader.extractOnnxRuntime());
			Check.equal(size, Files.size(file));
			try (Stream<Path> files = Files.list(file.getParent())) {
				Check.equal(true, files.noneMatch(f -> f.getFileName().toString().startsWith("part")));
			}
		}
		finally {
			if (before == null) System.clearProperty(NativeLoader.CACHE);
			else System.setProperty(NativeLoader.CACHE, before);
			try (Stream<Path> files = Files.walk(cache)) {
				files.sorted(java.util.Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
			}
		}
	}
}
