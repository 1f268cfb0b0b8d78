namespace ClemReg.Algorithms.Tests;

/// <summary>Keeps the progress that a job reports.</summary>
internal sealed class Fractions : IJobObserver
{
    private readonly List<(double Fraction, string Stage)> _reports = [];

    public void Progress(double fraction, string stage)
    {
        lock (_reports) _reports.Add((fraction, stage));
    }

    public void Log(string message)
    {
    }

    public void Warn(string message)
    {
    }

    /// <summary>The work begins at 0, ends at 1, and never runs back.</summary>
    public void AssertRises()
    {
        Assert.Equal(0, _reports[0].Fraction);
        Assert.Equal(1, _reports[^1].Fraction, 1e-9);
        for (int i = 1; i < _reports.Count; i++)
            Assert.True(_reports[i].Fraction >= _reports[i - 1].Fraction - 1e-12, $"{_reports[i - 1]}, then {_reports[i]}");
    }
}
