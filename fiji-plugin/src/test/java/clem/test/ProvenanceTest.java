package clem.test;

import java.io.File;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.image.FileHash;
import clem.image.ImageFiles;
import clem.json.Json;
import clem.workflow.Provenance;

/** Names and hashes of the inputs. */
public final class ProvenanceTest {
	public void namesAndHashes() throws Exception {
		Check.inFolder(folder -> {
			final File image = Samples.save(Samples.image("fm", 8, 2, 3, 4, 5), folder, "fm.tif");
			final File points = new File(folder, "p.csv");
			java.nio.file.Files.write(points.toPath(), "z,y,x\n1,2,3\n".getBytes("UTF-8"));
			final Map<String, Object> json = new Provenance().add(ImageFiles.open("moving", image + "#2").volume(null)).add(null).add("points", points)
				.add("fixed_points", new File("an open table")).start().get(new Quiet());
			Check.equal("[moving, points, fixed_points]", json.keySet().toString());
			Check.equal(FileHash.sha256(image), Json.asObject(json.get("moving")).get("sha256"));
			Check.equal(2, Json.asObject(json.get("moving")).get("channel"));
			Check.equal(FileHash.sha256(points), Json.asObject(json.get("points")).get("sha256"));
			Check.equal("{name=an open table}", json.get("fixed_points").toString());
		});
	}

	public void aCancelDoesNotWaitForTheHash() throws Exception {
		final File endless = new File("/dev/zero");
		if (!endless.exists()) throw new Check.Skip("there is no /dev/zero");
		final Provenance provenance = new Provenance();
		provenance.add("moving", endless).start();
		final long start = System.nanoTime();
		try {
			provenance.get(new Quiet() {
				@Override
				public boolean cancelled() {
					return System.nanoTime() - start > 50_000_000L;
				}
			});
			throw new AssertionError("it ended");
		}
		catch (final ClemRegException e) {
			Check.equal(ClemRegException.Kind.CANCELLED, e.kind);
		}
	}
}
