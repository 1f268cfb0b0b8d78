package clem.test;

import java.util.Arrays;

import clem.bridge.ClemRegException;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;

/** The schema as objects. */
public final class SchemaTest {
	private final Schema schema = Schema.parse(new FakeBridge().schema());

	public void readsParameters() {
		final Operation register = schema.operation("register");
		final Parameter sigma = register.parameter("log_sigma");
		Check.equal(Parameter.Type.NUMBER, sigma.type);
		Check.equal("LoG sigma (voxels)", sigma.labelWithUnit());
		Check.equal("3", sigma.defaultText());
		Check.equal("a number, 0.3 to 50", sigma.allowed());
		Check.equal("false", register.parameter("filter_segmentation").defaultText());
		Check.equal("fm_to_em, em_to_fm", register.parameter("registration_direction").allowed());
		Check.equal("[General, Registration, Segmentation, Region]", register.groups().keySet().toString());
	}

	public void findsOperationsByEitherSpelling() throws Exception {
		Check.equal(schema.operation("segment_fluorescence"), schema.operation("segment-fluorescence"));
		Check.that(Check.failure(ClemRegException.Kind.NOT_FOUND, () -> schema.operation("regster")).contains("'register'"), "the nearest name is offered");
	}

	public void nearestNameIsNearEnoughToBeMeant() {
		Check.equal(" Did you mean 'log_sigma'?", Nearest.hint("log_sgima", Arrays.asList("seed", "log_sigma")));
		Check.equal(" Did you mean '--overwrite'?", Nearest.hint("--overwite", Arrays.asList("--out", "--overwrite")));
		Check.equal("", Nearest.hint("completely_other", Arrays.asList("seed", "log_sigma")));
	}

	public void numbersAsPeopleWriteThem() {
		Check.equal("3", Parameter.text(3.0));
		Check.equal("0.001", Parameter.text(1e-3));
		Check.equal("100000", Parameter.text(1e5));
		Check.equal("1.0E-30", Parameter.text(1e-30));
		Check.equal("35.3", Parameter.text(35.3));
	}
}
