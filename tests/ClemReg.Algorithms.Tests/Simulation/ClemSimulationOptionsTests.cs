using ClemReg.Algorithms.Simulation;

namespace ClemReg.Algorithms.Tests.Simulation;

public sealed class ClemSimulationOptionsTests
{
    public static TheoryData<string> Names => [.. ClemSimulationOptions.Numbers.Select(n => n.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_value_out_of_its_range_is_refused_by_its_name(string name)
    {
        SimulationOption option = ClemSimulationOptions.Numbers.Single(n => n.Name == name);
        var options = new ClemSimulationOptions();
        var wrong = new List<double> { option.Minimum - 1 };
        if (option.Maximum < int.MaxValue) wrong.Add(option.Maximum * 1.001 + 1);
        if (!option.Whole) wrong.AddRange([double.NaN, double.PositiveInfinity]);
        foreach (double value in wrong)
        {
            ClemSimulationOptions changed = option.With(options, value);
            BadInputException e = Assert.Throws<BadInputException>(() => ClemSimulator.Simulate(changed, new Job(1)));
            Assert.StartsWith(name + " = ", e.Message, StringComparison.Ordinal);
            Assert.Contains("from ", e.Message, StringComparison.Ordinal);
        }
        option.With(options, option.Minimum).Check();
        option.With(options, option.Maximum).Check();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_option_reads_what_it_wrote_and_nothing_else(string name)
    {
        SimulationOption option = ClemSimulationOptions.Numbers.Single(n => n.Name == name);
        var options = new ClemSimulationOptions();
        double value = option.Get(options) == option.Maximum ? option.Minimum : option.Maximum;
        ClemSimulationOptions changed = option.With(options, value);
        Assert.Equal(value, option.Get(changed));
        Assert.Equal([name], ClemSimulationOptions.Numbers.Where(n => n.Get(changed) != n.Get(options)).Select(n => n.Name));
    }

    [Fact]
    public void Names_are_lower_snake_case_and_cover_every_property()
    {
        Assert.All(ClemSimulationOptions.Numbers, n => Assert.Matches("^[a-z]+(_[a-z]+)*$", n.Name));
        Assert.All(ClemSimulationOptions.Numbers, n => Assert.True(n.Help.Length > 10 && n.Help.EndsWith('.')));
        IEnumerable<string> properties = typeof(ClemSimulationOptions).GetProperties()
            .Where(p => p.CanWrite && p.PropertyType != typeof(SimulatedTransform)).Select(p => p.Name);
        Assert.Equal(properties.Order(), ClemSimulationOptions.Numbers.Select(n => string.Concat(n.Name.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]))).Order());
    }

    [Fact]
    public void The_defaults_are_allowed() => new ClemSimulationOptions().Check();

    [Theory]
    [InlineData("rigid")]
    [InlineData("similarity")]
    [InlineData("deformation")]
    public void Transform_kinds_have_names(string name) =>
        Assert.Equal(name, ClemSimulationOptions.NameOf(ClemSimulationOptions.TransformOf(name)));

    [Theory]
    [InlineData("affine")]
    [InlineData("")]
    [InlineData(null)]
    public void An_unknown_transform_kind_is_refused(string? name)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => ClemSimulationOptions.TransformOf(name));
        Assert.Contains("rigid, similarity, deformation", e.Message, StringComparison.Ordinal);
    }
}
